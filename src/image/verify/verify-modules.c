/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks up what the machine needs in the image's own module indexes, as /init will, and each file
 * that comes of it in the image. What is not found is looked up among all modules of the kernel:
 * if that has a module for it, the module is missing; if not, then it is built in, or nobody has a
 * driver for it, and there is nothing to complain of.
 */
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "image/modules/host-modules.h"
#include "image/modules/kmod-closure.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"

struct judge {
	struct verification *verification;
	char *indexes_dir;          /* where the image's indexes were unpacked */
	struct kmod_closure *image; /* the modules that the image's indexes lead to */
};

/* PCI bridges work without a driver; the modules that name them do more than pass things on. */
static bool is_bridge(const struct host_need *need)
{
	return need->kind == HOST_NEED_ALIAS && str_after_prefix(need->name, "pci:") &&
	       strstr(need->name, "bc06");
}

/* The file of a module in the image, however it is compressed there. */
static const struct contents_entry *find_module(const struct contents *contents, const char *path)
{
	static const char *const suffixes[] = { ".ko", ".zst", ".xz", ".gz" };
	size_t size = strlen(path);
	_cleanup_free_ char *stem = NULL;

	for (size_t i = 1; i < ARRAY_SIZE(suffixes); i++)
		if (str_has_suffix(path, suffixes[i]))
			size -= strlen(suffixes[i]);
	stem = strndup(path, size);
	if (!stem || !str_has_suffix(stem, suffixes[0]))
		return contents_lookup(contents, path);
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++) {
		_cleanup_free_ char *form = str_format("%s%s", stem, i > 0 ? suffixes[i] : "");
		const struct contents_entry *found = form ? contents_lookup(contents, form) : NULL;

		if (found)
			return found;
	}
	return NULL;
}

/* Where a module of the directory @modules_dir is in an image; NULL without memory. */
static char *make_image_path(const struct judge *judge, const char *modules_dir, const char *path)
{
	const char *rest = str_after_prefix(path, modules_dir);

	return rest ? str_format(IMAGE_MODULES "/%s%s", judge->verification->kver, rest)
		    : strdup(path);
}

/* Complains of each module in @closure, whose files are below @modules_dir, that is not there. */
static int complain_of_missing(struct judge *judge, const struct kmod_closure *closure,
			       const char *modules_dir, bool is_essential)
{
	struct verification *verification = judge->verification;
	const struct kmod_closure_module *module;
	struct vec modules;
	int r;

	r = kmod_closure_list(closure, &modules);
	if (r < 0)
		return r;
	vec_for_each(module, &modules) {
		_cleanup_free_ char *path = NULL;

		if (r < 0 || !module->host_path)
			continue;
		path = make_image_path(judge, modules_dir, module->host_path);
		if (!path) {
			r = -ENOMEM;
		} else if (!find_module(verification->contents, path)) {
			r = is_essential ? verification_complain(verification,
								 "%s is not in the image: %s", path,
								 module->why)
					 : verification_note(verification,
							     "%s is not in the image, but not "
							     "vital: %s",
							     path, module->why);
		}
	}
	vec_done(&modules, NULL);
	return r;
}

/* For what the image's indexes do not know: what would the kernel have for it? */
static int judge_unmet(struct judge *judge, const struct host_need *need)
{
	const struct verification *verification = judge->verification;
	struct kmod_closure *all;
	int r;

	if (!verification->modules_dir)
		return 0;
	r = kmod_closure_new(verification->modules_dir, verification->kver, verification->sysroot,
			     &all);
	if (r < 0)
		return r;
	r = host_modules_add_need(all, need);
	if (r > 0)
		r = complain_of_missing(judge, all, verification->modules_dir, need->is_essential);
	kmod_closure_free(all);
	return r < 0 ? r : 0;
}

/* Whether another need of the same device is met: the driver that is bound, or one by its alias. */
static int is_backed(struct judge *judge, const struct host_need *need)
{
	const struct host_need *other;
	int r = 0;

	if (!need->device)
		return 0;
	vec_for_each(other, &judge->verification->host->needs) {
		if (r != 0)
			break;
		if (other != need && other->device && str_equal(other->device, need->device))
			r = host_modules_add_need(judge->image, other);
	}
	return r;
}

static int judge_needs(struct judge *judge)
{
	const struct host_need *need;
	int r = 0;

	vec_for_each(need, &judge->verification->host->needs) {
		if (is_bridge(need))
			continue;
		r = host_modules_add_need(judge->image, need);
		if (r == 0)
			r = is_backed(judge, need);
		if (r == 0)
			r = judge_unmet(judge, need);
		if (r < 0)
			break;
	}
	return r < 0 ? r : 0;
}

static int unpack_index(const struct judge *judge, const struct contents_entry *entry)
{
	_cleanup_free_ char *path =
		str_format("%s/%s", judge->indexes_dir, str_basename(entry->path));

	if (!path)
		return -ENOMEM;
	return file_publish(path, entry->file->data, (size_t)entry->file->size, 0600);
}

/* libkmod reads files only. */
static int unpack_indexes(struct judge *judge)
{
	const struct verification *verification = judge->verification;
	const char *temporary = getenv("TMPDIR");
	_cleanup_free_ char *prefix = NULL;
	const struct strmap_entry *slot;
	int r = 0;

	prefix = str_format(IMAGE_MODULES "/%s/modules.", verification->kver);
	judge->indexes_dir =
		str_format("%s/kindling-verify.XXXXXX", temporary ? temporary : "/tmp");
	if (!prefix || !judge->indexes_dir)
		return -ENOMEM;
	if (!mkdtemp(judge->indexes_dir)) {
		r = -errno;
		log_err_errno(r, "cannot make a directory for the image's indexes in %s",
			      temporary ? temporary : "/tmp");
		free(TAKE_PTR(judge->indexes_dir));
		return r;
	}
	strmap_for_each(slot, &verification->contents->entries) {
		const struct contents_entry *entry = slot->value;

		if (r < 0)
			break;
		if (str_after_prefix(entry->path, prefix) && entry->file && entry->file->data)
			r = unpack_index(judge, entry);
	}
	return r;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	return remove(path);
}

static void judge_done(struct judge *judge)
{
	kmod_closure_free(judge->image);
	if (judge->indexes_dir)
		(void)nftw(judge->indexes_dir, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
	free(judge->indexes_dir);
}

static int judge_indexes(struct judge *judge)
{
	struct verification *verification = judge->verification;
	int r;

	r = unpack_indexes(judge);
	if (r >= 0)
		r = kmod_closure_new(judge->indexes_dir, verification->kver, verification->sysroot,
				     &judge->image);
	if (r == -ENOENT || r == -EBADMSG)
		return verification_complain(verification,
					     IMAGE_MODULES "/%s/modules.dep.bin is missing in the "
							   "image or damaged; without it no "
							   "module can be found",
					     verification->kver);
	if (r >= 0)
		r = judge_needs(judge);
	return r < 0 ? r : complain_of_missing(judge, judge->image, judge->indexes_dir, true);
}

int verify_modules(struct verification *verification)
{
	struct judge judge = { .verification = verification };
	int r;

	if (!verification->kver)
		return verification_note(verification,
					 "the image has no kernel modules; whether the kernel has "
					 "all drivers built in cannot be told");
	r = judge_indexes(&judge);
	judge_done(&judge);
	return r;
}
