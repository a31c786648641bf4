/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks up what the machine needs in the image's own module indexes, as /init will, and each file
 * that comes of it in the image. What is not found is looked up among all modules of the kernel:
 * if that has a module for it, the module is missing; if not, then it is built in, or nobody has a
 * driver for it, and there is nothing to complain of. An image without modules is for a kernel that
 * has all built in, which its own indexes tell.
 *
 * Where the kernel's modules are not here, the image's own index of what is built in has the last
 * word on names. It lacks the aliases of devices, so that of these there may be doubts.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/module-list.h"
#include "image/modules/host-lookup.h"
#include "image/modules/host-modules.h"
#include "image/modules/image-indexes.h"
#include "image/modules/kmod-closure.h"
#include "image/tree/stored-as.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"

struct judge {
	struct verification *verification;
	char *indexes_dir;   /* where the image's indexes were unpacked */
	struct vec answers;  /* struct host_answer *: what these lead to for each of the needs */
	struct vec misses;   /* struct miss * */
	struct strmap found; /* paths of modules that are there */
};

/* A module that the image lacks, of which several needs may complain. */
struct miss {
	char *path; /* in the image */
	char *why;
	bool is_essential, is_told;
};

static void miss_free(void *pointer)
{
	struct miss *miss = pointer;

	free(miss->path);
	free(miss->why);
	free(miss);
}

static void judge_done(struct judge *judge)
{
	host_answers_done(&judge->answers);
	image_indexes_remove(judge->indexes_dir);
	vec_done(&judge->misses, miss_free);
	strmap_done(&judge->found, NULL);
}

/* PCI bridges work without a driver; the modules that name them do more than pass things on. */
static bool is_bridge(const struct host_need *need)
{
	return need->kind == HOST_NEED_ALIAS && str_after_prefix(need->name, "pci:") &&
	       strstr(need->name, "bc06");
}

/* The file of a module in the image, however it is compressed there. */
static const struct contents_entry *find_module(const struct contents *contents, const char *path)
{
	size_t size = strlen(path) - strlen(stored_as_suffix(stored_as_from_name(path)));
	const struct contents_entry *found = NULL;

	for (enum stored_as stored = STORED_PLAIN; !found && stored < N_STORED_AS; stored++) {
		_cleanup_free_ char *form =
			str_format("%.*s%s", (int)size, path, stored_as_suffix(stored));

		found = form ? contents_lookup(contents, form) : NULL;
	}
	return found;
}

/* Where a module of the directory @modules_dir is in an image; NULL without memory. */
static char *make_image_path(const struct judge *judge, const char *modules_dir, const char *path)
{
	const char *rest = str_after_prefix(path, modules_dir);

	return rest ? str_format(IMAGE_MODULES "/%s%s", judge->verification->kver, rest)
		    : strdup(path);
}

static struct miss *find_miss(const struct judge *judge, const char *path)
{
	struct miss *miss;

	vec_for_each(miss, &judge->misses) {
		if (str_equal(miss->path, path))
			return miss;
	}
	return NULL;
}

/* An essential need of the same module has the last word. */
static int strengthen_miss(struct miss *miss, const char *why, bool is_essential)
{
	if (miss->is_essential || !is_essential)
		return 0;
	miss->is_essential = true;
	return str_assign(&miss->why, why);
}

static int note_miss(struct judge *judge, const char *path, const char *why, bool is_essential)
{
	struct miss *miss = find_miss(judge, path);
	int r;

	if (miss)
		return strengthen_miss(miss, why, is_essential);
	miss = calloc(1, sizeof(*miss));
	if (!miss)
		return -ENOMEM;
	miss->path = strdup(path);
	miss->why = strdup(why);
	miss->is_essential = is_essential;
	r = miss->path && miss->why ? vec_push(&judge->misses, miss) : -ENOMEM;
	if (r < 0)
		miss_free(miss);
	return r;
}

/* Notes if the module file @path, of the directory @modules_dir, is not in the image. */
static int check_module(struct judge *judge, const char *modules_dir, const char *path,
			const char *why, bool is_essential)
{
	_cleanup_free_ char *image_path = make_image_path(judge, modules_dir, path);

	if (!image_path)
		return -ENOMEM;
	if (find_module(judge->verification->contents, image_path))
		return strmap_set(&judge->found, image_path, judge);
	return note_miss(judge, image_path, why, is_essential);
}

/* The name of a module, at the beginning of its file's. */
static void append_name(struct strbuf *buf, const char *path)
{
	const char *name = str_basename(path), *end = strstr(name, ".ko");

	strbuf_append_bytes(buf, name, end ? (size_t)(end - name) : strlen(name));
}

/* One sentence for all that are missing for the same reason. */
static int note_alike(struct judge *judge, const struct miss *first)
{
	_cleanup_strbuf_ struct strbuf names = { 0 };
	struct miss *miss;
	size_t n = 0;

	vec_for_each(miss, &judge->misses) {
		if (miss->is_essential || !str_equal(miss->why, first->why))
			continue;
		miss->is_told = true;
		strbuf_append(&names, n++ > 0 ? ", " : "");
		append_name(&names, miss->path);
	}
	if (names.failed)
		return -ENOMEM;
	return verification_note(judge->verification, "%s %s not in the image, but not vital: %s",
				 strbuf_string(&names), n > 1 ? "are" : "is", first->why);
}

static int tell_misses(struct judge *judge)
{
	const struct miss *miss;
	int r = 0;

	vec_for_each(miss, &judge->misses) {
		if (r < 0)
			break;
		if (miss->is_essential)
			r = verification_complain(judge->verification, "%s is not in the image: %s",
						  miss->path, miss->why);
		else if (!miss->is_told)
			r = note_alike(judge, miss);
	}
	judge->verification->n_modules = judge->found.n_entries;
	return r;
}

/* Whether a driver is bound to the device of the need: one without any works as it is. */
static bool has_driver(const struct judge *judge, const struct host_need *need)
{
	const struct host_need *other;

	if (!need->device)
		return true;
	vec_for_each(other, &judge->verification->host->needs) {
		if (other->kind == HOST_NEED_MODULE && other->device &&
		    str_equal(other->device, need->device))
			return true;
	}
	return false;
}

/* Modules have names that the index of what is built in knows; the rest of names may be aliases. */
static bool is_known_by_name(const struct judge *judge, const struct host_need *need)
{
	return judge->indexes_dir &&
	       (need->kind == HOST_NEED_FILESYSTEM || need->kind == HOST_NEED_DM_TARGET);
}

/* For what the image's indexes do not know, where there are no others. */
static int judge_without_kernel(struct judge *judge, const struct host_need *need)
{
	struct verification *verification = judge->verification;

	if (!need->is_essential)
		return 0;
	if (is_known_by_name(judge, need))
		return verification_complain(verification,
					     "%s is neither in the image nor built into its "
					     "kernel: %s",
					     need->name, need->why);
	if (!has_driver(judge, need))
		return 0;
	return verification_doubt(verification,
				  "%s is nothing that the image has; whether it is built into the "
				  "kernel cannot be told, as the modules of %s are not here: %s",
				  need->name, verification->kver, need->why);
}

/* For what the image's indexes do not know: what would the kernel have for it? */
static int judge_unmet(struct judge *judge, const struct host_need *need)
{
	const struct verification *verification = judge->verification;
	const struct kmod_closure_module *module;
	struct kmod_closure *all;
	struct vec modules = { 0 };
	int r;

	if (!verification->modules_dir)
		return judge_without_kernel(judge, need);
	r = kmod_closure_new(verification->modules_dir, verification->kver, verification->sysroot,
			     &all);
	if (r < 0)
		return r;
	r = host_modules_add_need(all, need);
	if (r > 0)
		r = kmod_closure_list(all, &modules);
	vec_for_each(module, &modules) {
		if (r >= 0 && module->host_path)
			r = check_module(judge, verification->modules_dir, module->host_path,
					 need->is_essential ? module->why : need->why,
					 need->is_essential);
	}
	vec_done(&modules, NULL);
	kmod_closure_free(all);
	return MIN(r, 0);
}

/* Appends the names of the modules at @paths. */
static int push_names(struct vec *names, const struct vec *paths)
{
	const char *path;
	int r = 0;

	vec_for_each(path, paths) {
		struct module_entry *module = r < 0 ? NULL : module_entry_new(path, "");

		if (!module)
			return -ENOMEM;
		r = vec_push_copy(names, module->name);
		module_entry_free(module);
	}
	return r;
}

/* Whether somebody forbids it, the command line and other files of the image tell. */
static int note_driver(struct verification *verification, const struct host_need *need,
		       const struct host_answer *answer, const struct vec *choice)
{
	struct verification_driver *driver = calloc(1, sizeof(*driver));
	int r;

	if (!driver)
		return -ENOMEM;
	driver->why = strdup(need->why);
	r = driver->why ? push_names(&driver->modules, choice) : -ENOMEM;
	if (r >= 0)
		r = push_names(&driver->needs, &answer->paths);
	if (r >= 0)
		r = vec_push(&verification->drivers, driver);
	if (r < 0)
		verification_driver_free(driver);
	return r;
}

/* Which of the modules that know a device is its driver, is another need. */
static int note_drivers(struct verification *verification, const struct host_need *need,
			const struct host_answer *answer)
{
	const struct vec *choice;
	int r = 0;

	if (!need->is_essential || (need->kind == HOST_NEED_ALIAS && need->device))
		return 0;
	vec_for_each(choice, &answer->choices) {
		if (r >= 0 && choice->n_items > 0)
			r = note_driver(verification, need, answer, choice);
	}
	return r;
}

/* The files that the image's indexes lead to. */
static int judge_met(struct judge *judge, const struct host_need *need,
		     const struct host_answer *answer)
{
	int r = note_drivers(judge->verification, need, answer);
	const char *path;

	vec_for_each(path, &answer->paths) {
		if (r >= 0)
			r = check_module(judge, judge->indexes_dir, path, need->why,
					 need->is_essential);
	}
	return r;
}

/* Whether another need of the same device is met: the driver that is bound, or one by its alias. */
static bool is_backed(const struct judge *judge, const struct host_need *need)
{
	const struct host_need *other;

	if (!need->device)
		return false;
	vec_for_each(other, &judge->verification->host->needs) {
		const struct host_answer *answer = judge->answers.items[other_index];

		if (answer->is_met && other->device && str_equal(other->device, need->device))
			return true;
	}
	return false;
}

static int judge_needs(struct judge *judge)
{
	const struct host_need *need;
	int r = 0;

	vec_for_each(need, &judge->verification->host->needs) {
		const struct host_answer *answer = judge->answers.items[need_index];

		if (r < 0)
			break;
		if (answer->is_met)
			r = judge_met(judge, need, answer);
		else if (!is_bridge(need) && !is_backed(judge, need))
			r = judge_unmet(judge, need);
	}
	return r;
}

/* Without any of these, libkmod opens none of them. */
static int complain_of_indexes(const struct judge *judge)
{
	static const char *const names[] = { "modules.dep.bin", "modules.alias.bin",
					     "modules.symbols.bin", "modules.builtin.bin" };
	struct verification *verification = judge->verification;
	int r = 0, n_missing = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path =
			str_format(IMAGE_MODULES "/%s/%s", verification->kver, names[i]);

		if (!path)
			return -ENOMEM;
		if (contents_lookup(verification->contents, path))
			continue;
		n_missing++;
		r = verification_complain(verification,
					  "%s is not in the image: without that index no module "
					  "can be found",
					  path);
	}
	if (r >= 0 && n_missing == 0)
		r = verification_complain(verification,
					  "the indexes in " IMAGE_MODULES "/%s, modules.dep.bin "
					  "and others, are damaged, so no module can be found",
					  verification->kver);
	return r;
}

static int judge_indexes(struct judge *judge)
{
	int r;

	r = image_indexes_unpack(judge->verification->contents, judge->verification->kver,
				 &judge->indexes_dir);
	if (r >= 0)
		r = host_lookup(judge->indexes_dir, judge->verification->host, &judge->answers);
	if (r == -EBADMSG)
		return complain_of_indexes(judge);
	return r < 0 ? r : judge_needs(judge);
}

static bool has_modules(const struct verification *verification)
{
	static const char *const parents[] = { IMAGE_MODULES, "/lib/modules" };
	bool has_any = false;

	for (size_t i = 0; i < ARRAY_SIZE(parents); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", parents[i], verification->kver);

		has_any |= path && contents_lookup(verification->contents, path);
	}
	return has_any;
}

static int judge_without_modules(struct judge *judge)
{
	const struct verification *verification = judge->verification;
	struct host_answer *answer;
	int r;

	if (!verification->modules_dir)
		return verification_doubt(judge->verification,
					  "the image has no modules of kernel %s, and there are "
					  "none here, so whether it has all drivers built in "
					  "cannot be told",
					  verification->kver);
	r = host_lookup(verification->modules_dir, verification->host, &judge->answers);
	if (r == -EBADMSG)
		log_err("the indexes in %s are damaged; run depmod for this kernel and try again",
			verification->modules_dir);
	vec_for_each(answer, &judge->answers) {
		answer->is_met &= answer->paths.n_items == 0;
	}
	return r < 0 ? r : judge_needs(judge);
}

int verify_modules(struct verification *verification)
{
	struct judge judge = { .verification = verification };
	int r;

	r = has_modules(verification) ? judge_indexes(&judge) : judge_without_modules(&judge);
	if (r >= 0)
		r = tell_misses(&judge);
	judge_done(&judge);
	return r;
}
