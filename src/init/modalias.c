/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what a device says it is to the modules that serve it, by libkmod. The indexes are mapped
 * once. Nothing is inserted here: see modqueue for the order and worker-load for the insertion.
 */
#include "init/modalias.h"

#include "config.h"

#include <errno.h>
#include <stdlib.h>

void module_info_done(struct module_info *info)
{
	free(info->path);
	free(info->options);
	vec_done(&info->dependencies, free);
	vec_done(&info->softdeps_pre, free);
	vec_done(&info->softdeps_post, free);
	*info = (struct module_info){ 0 };
}

#if HAVE_LIBKMOD
#include <dirent.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <stdbool.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/softdep.h"
#include "init/kmod-context.h"
#include "kindling/image-layout.h"

/* kmod before v35 wrote beyond its buffer when an alias had an unclosed '[' and PATH_MAX bytes. */
#define ALIAS_SIZE_MAX 1024

struct modalias {
	struct kmod_ctx *ctx;
};

static void cleanup_module_list(struct kmod_list **list)
{
	kmod_module_unref_list(*list);
}

#define _cleanup_module_list_ _cleanup_(cleanup_module_list)

/* Mostly it is an image for another kernel: then say for which. */
static void report_unreadable_indexes(int error)
{
	_cleanup_closedir_ DIR *directory = opendir(IMAGE_MODULES);
	_cleanup_strbuf_ struct strbuf others = { 0 };
	const struct dirent *entry;
	struct utsname kernel;

	while (directory && (entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			strbuf_printf(&others, "%s%s", others.size > 0 ? ", " : "", entry->d_name);
	(void)uname(&kernel);
	(void)log_err_errno(
		error,
		"this is Linux %s, and the image has no usable module indexes for it, but "
		"for: %s; going on with what is built in",
		kernel.release, others.size > 0 ? strbuf_string(&others) : "none");
}

int modalias_new(struct modalias **ret_modalias)
{
	struct modalias *modalias = calloc(1, sizeof(*modalias));
	int r;

	if (!modalias)
		return -ENOMEM;
	modalias->ctx = kmod_context_new(NULL);
	if (!modalias->ctx) {
		free(modalias);
		return -ENOMEM;
	}
	r = kmod_load_resources(modalias->ctx);
	if (r < 0)
		report_unreadable_indexes(r);
	*ret_modalias = modalias;
	return 0;
}

struct modalias *modalias_free(struct modalias *modalias)
{
	if (modalias) {
		kmod_unref(modalias->ctx);
		free(modalias);
	}
	return NULL;
}

static int append_names(struct kmod_list *list, struct vec *names)
{
	struct kmod_list *item;
	int r = 0;

	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		if (r >= 0)
			r = vec_push_copy(names, kmod_module_get_name(module));
		kmod_module_unref(module);
	}
	return r;
}

static int look_up(struct modalias *modalias, const char *alias, struct kmod_list **ret_found)
{
	if (strlen(alias) >= ALIAS_SIZE_MAX || strchr(alias, '['))
		return -EINVAL;
	return kmod_module_new_from_lookup(modalias->ctx, alias, ret_found);
}

int modalias_resolve_named(struct modalias *modalias, const char *name, struct vec *ret_names)
{
	_cleanup_module_list_ struct kmod_list *found = NULL;
	int r = look_up(modalias, name, &found);

	return r < 0 ? r : append_names(found, ret_names);
}

static bool has_module(const struct kmod_list *list, const struct kmod_module *module)
{
	const struct kmod_list *item;

	kmod_list_foreach(item, list)
	{
		struct kmod_module *other = kmod_module_get_module(item);

		kmod_module_unref(other);
		if (other == module)
			return true;
	}
	return false;
}

/* Those of @found that are not in @allowed. libkmod has one object for each module. */
static int append_others(struct kmod_list *found, const struct kmod_list *allowed,
			 struct vec *names)
{
	struct kmod_list *item;
	int r = 0;

	kmod_list_foreach(item, found)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		if (r >= 0 && !has_module(allowed, module))
			r = vec_push_copy(names, kmod_module_get_name(module));
		kmod_module_unref(module);
	}
	return r;
}

int modalias_resolve(struct modalias *modalias, const char *alias, struct vec *ret_names,
		     struct vec *ret_forbidden)
{
	_cleanup_module_list_ struct kmod_list *found = NULL, *allowed = NULL;
	int r = look_up(modalias, alias, &found);

	if (r < 0 || !found)
		return r;
	r = kmod_module_apply_filter(modalias->ctx, KMOD_FILTER_BLACKLIST, found, &allowed);
	if (r >= 0)
		r = append_names(allowed, ret_names);
	return r < 0 ? r : append_others(found, allowed, ret_forbidden);
}

static enum module_presence find_presence(struct kmod_module *module)
{
	const char *path;
	int state = kmod_module_get_initstate(module);

	if (state == KMOD_MODULE_BUILTIN)
		return MODULE_BUILT_IN;
	if (state == KMOD_MODULE_LIVE)
		return MODULE_LOADED;
	if (kmod_module_get_install_commands(module))
		return MODULE_DISABLED;
	path = kmod_module_get_path(module);
	if (!path || access(path, R_OK) < 0)
		return MODULE_ABSENT;
	return MODULE_PRESENT;
}

/* The modules that @words, which are separated by blanks, stand for; none for an unknown word. */
static int append_known(struct modalias *modalias, char *words, struct vec *names)
{
	char *word;
	int r = 0;

	while (r >= 0 && (word = strsep(&words, " "))) {
		_cleanup_module_list_ struct kmod_list *found = NULL;

		if (*word && kmod_module_new_from_lookup(modalias->ctx, word, &found) >= 0)
			r = append_names(found, names);
	}
	return r;
}

static int append_softdep(struct modalias *modalias, const char *text, struct module_info *info)
{
	_cleanup_softdep_ struct softdep softdep = { 0 };
	int r = softdep_parse(text, &softdep);

	if (r >= 0)
		r = append_known(modalias, softdep.pre, &info->softdeps_pre);
	return r < 0 ? r : append_known(modalias, softdep.post, &info->softdeps_post);
}

/*
 * A module may have several lines of soft dependencies: btrfs has one for each checksum. Seen with
 * libkmod 30, kmod_module_get_softdeps() knows only the first, so all are looked through here.
 */
static int append_softdeps(struct modalias *modalias, const char *name, struct module_info *info)
{
	struct kmod_config_iter *iter = kmod_config_get_softdeps(modalias->ctx);
	int r = iter ? 0 : -ENOMEM;

	while (r >= 0 && kmod_config_iter_next(iter)) {
		const char *softdep;

		if (fnmatch(kmod_config_iter_get_key(iter), name, 0) != 0)
			continue;
		softdep = kmod_config_iter_get_value(iter);
		if (softdep)
			r = append_softdep(modalias, softdep, info);
	}
	kmod_config_iter_free_iter(iter);
	return r;
}

static int describe(struct modalias *modalias, struct kmod_module *module, struct module_info *info)
{
	_cleanup_module_list_ struct kmod_list *dependencies = NULL;
	const char *options;
	int r;

	info->presence = find_presence(module);
	if (info->presence != MODULE_PRESENT && info->presence != MODULE_ABSENT)
		return 0;
	options = kmod_module_get_options(module);
	r = str_assign(&info->path, kmod_module_get_path(module));
	if (r >= 0)
		r = str_assign(&info->options, options ? options : "");
	if (r < 0)
		return r;
	dependencies = kmod_module_get_dependencies(module);
	r = append_names(dependencies, &info->dependencies);
	return r < 0 ? r : append_softdeps(modalias, kmod_module_get_name(module), info);
}

int modalias_describe(struct modalias *modalias, const char *name, struct module_info *ret_info)
{
	struct module_info info = { 0 };
	struct kmod_module *module;
	int r;

	r = kmod_module_new_from_name(modalias->ctx, name, &module);
	if (r < 0)
		return r;
	r = describe(modalias, module, &info);
	kmod_module_unref(module);
	if (r < 0) {
		module_info_done(&info);
		return r;
	}
	*ret_info = info;
	return 0;
}

#else

/* Built without libkmod: every driver that boot needs is part of the kernel. */
int modalias_new(struct modalias **ret_modalias)
{
	*ret_modalias = NULL;
	return 0;
}

struct modalias *modalias_free(struct modalias *modalias)
{
	return NULL;
}

int modalias_resolve(struct modalias *modalias, const char *alias, struct vec *ret_names,
		     struct vec *ret_forbidden)
{
	return 0;
}

int modalias_resolve_named(struct modalias *modalias, const char *name, struct vec *ret_names)
{
	return 0;
}

int modalias_describe(struct modalias *modalias, const char *name, struct module_info *ret_info)
{
	return -ENOENT;
}

#endif
