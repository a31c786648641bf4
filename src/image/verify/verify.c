/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which an image is judged, and where the sentences are kept. */
#include "image/verify/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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

int verification_complain(struct verification *verification, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(&verification->complaints, format, args);
	va_end(args);
	return r;
}

int verification_note(struct verification *verification, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(&verification->notes, format, args);
	va_end(args);
	return r;
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
		r = verification_note(verification,
				      "the image has no kernel modules; whether the kernel has all "
				      "drivers built in cannot be told");
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

/* All modules of the kernel, if they are here, tell what the image lacks. */
static int find_modules_dir(struct verification *verification, const char *given)
{
	_cleanup_free_ char *path = NULL, *real = NULL;
	int r;

	if (!verification->kver)
		return 0;
	if (given) {
		path = str_format("%s/%s", given, verification->kver);
		if (!path)
			return -ENOMEM;
		real = realpath(path, NULL);
		if (!real)
			real = realpath(given, NULL);
	} else {
		path = str_format(MODULES_DIR "/%s", verification->kver);
		if (!path)
			return -ENOMEM;
		r = sysroot_resolve(verification->sysroot, path, &real);
		if (r == -ENOMEM)
			return r;
	}
	if (!real)
		return verification_note(verification,
					 "the modules of kernel %s are not here, so a driver that "
					 "the image does not know of cannot be told from one that "
					 "is built in",
					 verification->kver);
	verification->modules_dir = TAKE_PTR(real);
	return 0;
}

static int note_unknown(struct verification *verification)
{
	const char *note;
	int r = 0;

	vec_for_each(note, &verification->host->notes) {
		if (r >= 0)
			r = verification_note(verification, "%s", note);
	}
	return r;
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
	r = note_unknown(verification);
	if (r >= 0)
		r = choose_kernel(verification, kver);
	if (r >= 0)
		r = find_modules_dir(verification, modules_dir);
	if (r >= 0)
		r = verify_programs(verification);
	if (r >= 0 && verification->kver)
		r = verify_modules(verification);
	return r < 0 ? r : verify_configuration(verification);
}

void verification_done(struct verification *verification)
{
	vec_done(&verification->notes, free);
	vec_done(&verification->complaints, free);
	free(verification->modules_dir);
	free(verification->kver);
	*verification = (struct verification){ 0 };
}
