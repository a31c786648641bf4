/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which an image is judged, and where the sentences are kept. */
#include "image/verify/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "kindling/image-layout.h"

#define MODULES_DIR "/lib/modules"

/* Once: what two programs need is missing for both. */
static int _printf_(2, 0) add_sentence(struct vec *sentences, const char *format, va_list args)
{
	const char *known;
	char *text;
	int r;

	if (vasprintf(&text, format, args) < 0)
		return -ENOMEM;
	vec_for_each(known, sentences) {
		if (str_equal(known, text)) {
			free(text);
			return 0;
		}
	}
	r = vec_push(sentences, text);
	if (r < 0)
		free(text);
	return r;
}

#define DEFINE_SENTENCE(function, member)                                        \
	int function(struct verification *verification, const char *format, ...) \
	{                                                                        \
		va_list args;                                                    \
		int r;                                                           \
                                                                                 \
		va_start(args, format);                                          \
		r = add_sentence(&verification->member, format, args);           \
		va_end(args);                                                    \
		return r;                                                        \
	}

DEFINE_SENTENCE(verification_complain, complaints)
DEFINE_SENTENCE(verification_doubt, doubts)
DEFINE_SENTENCE(verification_warn, warnings)
DEFINE_SENTENCE(verification_note, notes)

bool verification_knows_init(const struct verification *verification)
{
	return contents_lookup(verification->contents, IMAGE_MANIFEST) ||
	       contents_lookup(verification->contents, IMAGE_UNLOCK);
}

enum verdict verification_get_verdict(const struct verification *verification)
{
	if (verification->complaints.n_items > 0)
		return VERDICT_REFUTED;
	return verification->doubts.n_items > 0 ? VERDICT_UNPROVEN : VERDICT_PROVEN;
}

static void tell(const struct vec *sentences, int level)
{
	const char *sentence;

	vec_for_each(sentence, sentences) {
		log_message(level, "%s", sentence);
	}
}

void verification_tell(const struct verification *verification, int note_level)
{
	tell(&verification->notes, note_level);
	tell(&verification->warnings, LOG_WARNING);
	tell(&verification->doubts, LOG_WARNING);
	tell(&verification->complaints, LOG_ERR);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

void verification_describe(const struct verification *verification, struct strbuf *buf)
{
	size_t n_modules = verification->n_modules, n_programs = verification->n_programs,
	       n_volumes = verification->n_volumes;

	strbuf_append(buf, "brings this machine to its root");
	if (verification->root)
		strbuf_printf(buf, ", %s", verification->root);
	strbuf_printf(buf, ", by %zu module%s and %zu program%s with all libraries", n_modules,
		      plural(n_modules), n_programs, plural(n_programs));
	if (n_volumes > 0)
		strbuf_printf(buf, ", opening %zu encrypted volume%s", n_volumes,
			      plural(n_volumes));
}

void verification_driver_free(void *item)
{
	struct verification_driver *driver = item;

	vec_done(&driver->modules, free);
	vec_done(&driver->needs, free);
	free(driver->why);
	free(driver);
}

/* Small files that say something, and all that may be a program or a library. */
bool verify_wants_data(const char *path)
{
	const char *name = str_basename(path);
	const char *module = str_after_prefix(path, IMAGE_MODULES "/");

	if (module)
		return str_after_prefix(name, "modules.");
	return !str_after_prefix(path, "/usr/lib/firmware/") && !str_after_prefix(path, "/kernel/");
}

/* Sets ->kver to that of the only kernel that the image has modules of, unless it is said. */
static int choose_kernel(struct verification *verification, const char *kver)
{
	struct vec kvers;
	const char *found;
	bool has_it = false;
	int r;

	r = contents_list_kernels(verification->contents, &kvers);
	if (r < 0)
		return r;
	vec_for_each(found, &kvers) {
		has_it |= kver && str_equal(found, kver);
	}
	if (kvers.n_items == 0 && !kver) {
		r = verification_doubt(verification,
				       "the image has no kernel modules; whether the kernel has "
				       "all drivers built in cannot be told");
	} else if (kvers.n_items > 0 && kver && !has_it) {
		r = verification_complain(verification,
					  "the image has modules of kernel %s and none of %s, "
					  "which it is for",
					  (const char *)kvers.items[0], kver);
	} else if (!kver && kvers.n_items > 1) {
		r = verification_complain(verification,
					  "the image has modules of several kernels; say which one "
					  "with --kver");
	} else {
		verification->kver = strdup(kver ? kver : kvers.items[0]);
		r = verification->kver ? 0 : -ENOMEM;
	}
	vec_done(&kvers, free);
	return r;
}

static int has_modules(const char *dir)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep.bin", dir);

	return path ? access(path, F_OK) == 0 : -ENOMEM;
}

/* Where the user says that they are: in @given, or below it. */
static int find_given_dir(struct verification *verification, const char *given)
{
	_cleanup_free_ char *below = str_format("%s/%s", given, verification->kver);
	const char *found = NULL;
	int r = below ? has_modules(below) : -ENOMEM;

	if (r > 0)
		found = below;
	if (r == 0 && (r = has_modules(given)) > 0)
		found = given;
	if (r < 0)
		return r;
	verification->modules_dir = found ? realpath(found, NULL) : NULL;
	if (verification->modules_dir)
		return 0;
	log_err("there are no modules of kernel %s in --modules-dir %s: neither it nor the "
		"directory %s in it has a modules.dep.bin",
		verification->kver, given, verification->kver);
	return -ESTALE;
}

/* All modules of the kernel, if they are here, tell what the image lacks. */
static int find_modules_dir(struct verification *verification, const char *given)
{
	_cleanup_free_ char *path = NULL, *real = NULL;
	int r;

	if (!verification->kver)
		return 0;
	if (given)
		return find_given_dir(verification, given);
	path = str_format(MODULES_DIR "/%s", verification->kver);
	r = path ? sysroot_resolve(verification->sysroot, path, &real) : -ENOMEM;
	if (r >= 0)
		r = has_modules(real);
	if (r > 0)
		verification->modules_dir = TAKE_PTR(real);
	return r == -ENOMEM ? r : 0;
}

/* What could not be found out about the machine could not be judged either. */
static int take_gaps(struct verification *verification)
{
	const char *sentence;
	int r = 0;

	vec_for_each(sentence, &verification->host->gaps) {
		if (r >= 0)
			r = verification_doubt(verification, "%s", sentence);
	}
	vec_for_each(sentence, &verification->host->notes) {
		if (r >= 0)
			r = verification_note(verification, "%s", sentence);
	}
	vec_for_each(sentence, &verification->host->warnings) {
		if (r >= 0)
			r = verification_warn(verification, "%s", sentence);
	}
	return r;
}

/*
 * Of another program than ours, what it does with all that is there is not known; that there is
 * none is told elsewhere.
 */
static int check_mark(struct verification *verification)
{
	const struct contents_entry *init = contents_lookup(verification->contents, IMAGE_INIT);
	const struct contents_file *file = init ? init->file : NULL;

	if (!file || !file->data ||
	    memmem(file->data, (size_t)file->size, IMAGE_INIT_MARK, strlen(IMAGE_INIT_MARK)))
		return 0;
	return verification_doubt(verification, IMAGE_INIT
				  " of the image is not Kindling's, and what it does with "
				  "what the image has cannot be told");
}

int verify_image(const struct contents *contents, const struct host *host,
		 const struct sysroot *sysroot, const char *modules_dir, const char *kver,
		 struct verification *ret_verification)
{
	struct verification *verification = ret_verification;
	int r;

	*verification = (struct verification){
		.sysroot = sysroot,
		.host = host,
		.contents = contents,
	};
	r = take_gaps(verification);
	if (r >= 0)
		r = choose_kernel(verification, kver);
	if (r >= 0)
		r = find_modules_dir(verification, modules_dir);
	if (r >= 0)
		r = verify_programs(verification);
	if (r >= 0)
		r = check_mark(verification);
	if (r >= 0 && verification->kver)
		r = verify_modules(verification);
	return r < 0 ? r : verify_configuration(verification);
}

void verification_done(struct verification *verification)
{
	vec_done(&verification->notes, free);
	vec_done(&verification->warnings, free);
	vec_done(&verification->doubts, free);
	vec_done(&verification->complaints, free);
	vec_done(&verification->drivers, verification_driver_free);
	free(verification->root);
	free(verification->modules_dir);
	free(verification->kver);
	*verification = (struct verification){ 0 };
}
