/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From wanted modules to all modules: hard dependencies, which the indexes list in full, and soft
 * dependencies, which lead to aliases and so to further modules. A list of what is still to be
 * looked at takes the place of recursion, so neither cycles nor depth matter.
 *
 * libkmod answers for the kernel of its context only, which is that of the image. Its lists of
 * soft dependencies are walked here and not asked for by module, because that function stops at
 * the first line that fits, and depmod(8) writes one line for each MODULE_SOFTDEP.
 *
 * modprobe.d is not read: what this host's administrator wants is no matter of a generic image.
 */
#include "image/kmod-closure.h"

#include <errno.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "kindling/image-layout.h"

#define MODULES_DEP_MAX (64 * 1024 * 1024)

struct module {
	char *host_path;
	char *why;
};

struct soft_dependency {
	char *module; /* a pattern */
	char *needs;  /* "pre: a b post: c" */
};

struct kmod_closure {
	struct kmod_ctx *ctx;
	char *modules_dir, *image_dir;
	struct vec files;             /* struct kmod_file */
	struct vec soft_dependencies; /* struct soft_dependency */
	struct strmap modules;        /* struct module by name */
	struct vec pending;           /* struct kmod_module, each with a reference */
};

static void kmod_file_free(void *item)
{
	struct kmod_file *file = item;

	free(file->path);
	free(file->needs);
	free(file);
}

static void soft_dependency_free(void *item)
{
	struct soft_dependency *dependency = item;

	free(dependency->module);
	free(dependency->needs);
	free(dependency);
}

static void module_free(void *item)
{
	struct module *module = item;

	free(module->host_path);
	free(module->why);
	free(module);
}

static void unref_module(void *item)
{
	(void)kmod_module_unref(item);
}

struct kmod_closure *kmod_closure_free(struct kmod_closure *closure)
{
	if (closure) {
		vec_done(&closure->pending, unref_module);
		strmap_done(&closure->modules, module_free);
		vec_done(&closure->soft_dependencies, soft_dependency_free);
		vec_done(&closure->files, kmod_file_free);
		free(closure->image_dir);
		free(closure->modules_dir);
		if (closure->ctx)
			(void)kmod_unref(closure->ctx);
		free(closure);
	}
	return NULL;
}

static void cleanup_kmod_closure(struct kmod_closure **closure)
{
	(void)kmod_closure_free(*closure);
}

static void cleanup_module_list(struct kmod_list **list)
{
	(void)kmod_module_unref_list(*list);
}

/* What libkmod has to say helps whoever wants details; what failed is said here, with its cause. */
static void _printf_(6, 0) on_kmod_log(void *userdata, int priority, const char *file, int line,
				       const char *function, const char *format, va_list args)
{
	char text[LOG_MESSAGE_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug("libkmod: %s", text);
}

static int open_context(struct kmod_closure *closure)
{
	static const char *const no_config[] = { NULL };
	int r;

	closure->ctx = kmod_new(closure->modules_dir, no_config);
	if (!closure->ctx)
		return -ENOMEM;
	kmod_set_log_fn(closure->ctx, on_kmod_log, NULL);
	r = kmod_load_resources(closure->ctx);
	if (r < 0)
		return log_err_errno(r,
				     "%s lacks modules.dep.bin or another index that depmod makes, "
				     "or it is damaged; run depmod for this kernel and try again",
				     closure->modules_dir);
	return 0;
}

/* One line of modules.dep, "PATH: PATH PATH"; others are passed over. */
static int parse_file(struct kmod_closure *closure, char *line)
{
	struct kmod_file *file;
	char *colon = strchr(line, ':');
	int r = -ENOMEM;

	if (!colon)
		return 0;
	*colon = '\0';
	file = calloc(1, sizeof(*file));
	if (!file)
		return -ENOMEM;
	file->path = strdup(line);
	file->needs = strdup(colon + 1 + strspn(colon + 1, " "));
	if (file->path && file->needs)
		r = vec_push(&closure->files, file);
	if (r < 0)
		kmod_file_free(file);
	return r;
}

static int read_files(struct kmod_closure *closure)
{
	_cleanup_free_ char *path = NULL, *text = NULL;
	char *rest, *line;
	int r;

	path = str_format("%s/modules.dep", closure->modules_dir);
	if (!path)
		return -ENOMEM;
	r = file_read(path, MODULES_DEP_MAX, &text, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return log_err_errno(r, "cannot read %s, giving up", path);
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		r = parse_file(closure, line);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_soft_dependency(struct kmod_closure *closure, const char *module, const char *needs)
{
	struct soft_dependency *dependency = calloc(1, sizeof(*dependency));
	int r = -ENOMEM;

	if (!dependency)
		return -ENOMEM;
	dependency->module = strdup(module);
	dependency->needs = strdup(needs);
	if (dependency->module && dependency->needs)
		r = vec_push(&closure->soft_dependencies, dependency);
	if (r < 0)
		soft_dependency_free(dependency);
	return r;
}

/* What modules.softdep holds; libkmod reads that file as part of its configuration. */
static int read_soft_dependencies(struct kmod_closure *closure)
{
	struct kmod_config_iter *iter = kmod_config_get_softdeps(closure->ctx);
	int r = iter ? 0 : -ENOMEM;

	while (r >= 0 && kmod_config_iter_next(iter)) {
		const char *needs = kmod_config_iter_get_value(iter);

		if (needs)
			r = add_soft_dependency(closure, kmod_config_iter_get_key(iter), needs);
	}
	kmod_config_iter_free_iter(iter);
	return r;
}

int kmod_closure_new(const char *modules_dir, const char *kver, struct kmod_closure **ret_closure)
{
	_cleanup_(cleanup_kmod_closure) struct kmod_closure *closure = calloc(1, sizeof(*closure));
	int r;

	if (!closure)
		return -ENOMEM;
	closure->modules_dir = strdup(modules_dir);
	if (!closure->modules_dir)
		return -ENOMEM;
	closure->image_dir = str_format(IMAGE_MODULES "/%s", kver);
	if (!closure->image_dir)
		return -ENOMEM;
	r = open_context(closure);
	if (r >= 0)
		r = read_files(closure);
	if (r >= 0)
		r = read_soft_dependencies(closure);
	if (r >= 0)
		*ret_closure = TAKE_PTR(closure);
	return r;
}

const struct vec *kmod_closure_get_files(const struct kmod_closure *closure)
{
	return &closure->files;
}

size_t kmod_closure_count(const struct kmod_closure *closure)
{
	return closure->modules.n_entries;
}

static int new_module(const char *host_path, const char *why, struct module **ret_module)
{
	struct module *module = calloc(1, sizeof(*module));

	if (!module)
		return -ENOMEM;
	module->host_path = strdup(host_path);
	module->why = strdup(why);
	if (!module->host_path || !module->why) {
		module_free(module);
		return -ENOMEM;
	}
	*ret_module = module;
	return 0;
}

/* Notes one module, to look at its needs later. One without a file is built into the kernel. */
static int note_module(struct kmod_closure *closure, struct kmod_module *kmod_module,
		       const char *why)
{
	const char *path = kmod_module_get_path(kmod_module);
	const char *name = kmod_module_get_name(kmod_module);
	struct module *module;
	int r;

	if (!path || strmap_get(&closure->modules, name))
		return 0;
	r = new_module(path, why, &module);
	if (r < 0)
		return r;
	r = strmap_set(&closure->modules, name, module);
	if (r < 0) {
		module_free(module);
		return r;
	}
	log_debug("%s: %s", path, why);
	r = vec_push(&closure->pending, kmod_module);
	if (r >= 0)
		(void)kmod_module_ref(kmod_module);
	return r;
}

static int note_list(struct kmod_closure *closure, struct kmod_list *list, const char *why)
{
	struct kmod_list *item;
	int r = 0;

	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		r = note_module(closure, module, why);
		(void)kmod_module_unref(module);
		if (r < 0)
			break;
	}
	return r;
}

/* Notes what @name stands for, without what that needs. */
static int note_lookup(struct kmod_closure *closure, const char *name, const char *why)
{
	_cleanup_(cleanup_module_list) struct kmod_list *list = NULL;
	int r;

	r = kmod_module_new_from_lookup(closure->ctx, name, &list);
	if (r < 0)
		return r;
	return list ? note_list(closure, list, why) : -ENOENT;
}

static int note_soft_dependencies(struct kmod_closure *closure, const char *name, const char *needs)
{
	_cleanup_free_ char *copy = strdup(needs), *why = NULL;
	char *rest = copy, *word;

	if (!copy)
		return -ENOMEM;
	why = str_format("soft dependency of %s", name);
	if (!why)
		return -ENOMEM;
	while ((word = strsep(&rest, " "))) {
		int r;

		if (!*word || str_equal(word, "pre:") || str_equal(word, "post:"))
			continue;
		r = note_lookup(closure, word, why);
		if (r == -ENOENT)
			log_debug("%s of %s is not in this kernel, going on without it", word,
				  name);
		else if (r < 0)
			return r;
	}
	return 0;
}

static int note_needs(struct kmod_closure *closure, struct kmod_module *module)
{
	_cleanup_(cleanup_module_list) struct kmod_list *hard =
		kmod_module_get_dependencies(module);
	const char *name = kmod_module_get_name(module);
	const struct soft_dependency *soft;
	_cleanup_free_ char *why = NULL;
	int r;

	why = str_format("needed by %s", name);
	if (!why)
		return -ENOMEM;
	r = note_list(closure, hard, why);
	vec_for_each(soft, &closure->soft_dependencies) {
		if (r < 0)
			break;
		if (fnmatch(soft->module, name, 0) == 0)
			r = note_soft_dependencies(closure, name, soft->needs);
	}
	return r;
}

int kmod_closure_add(struct kmod_closure *closure, const char *name, const char *why)
{
	int r = note_lookup(closure, name, why);

	while (r >= 0 && closure->pending.n_items > 0) {
		struct kmod_module *module = closure->pending.items[--closure->pending.n_items];

		r = note_needs(closure, module);
		(void)kmod_module_unref(module);
	}
	return r;
}

int kmod_closure_add_file(struct kmod_closure *closure, const struct kmod_file *file,
			  const char *why)
{
	_cleanup_free_ char *name = strdup(str_basename(file->path));

	if (!name)
		return -ENOMEM;
	name[strcspn(name, ".")] = '\0';
	return kmod_closure_add(closure, name, why);
}

/* Where a file of the modules directory goes; modules.dep may name others by absolute paths. */
static int make_image_path(const struct kmod_closure *closure, const char *host_path,
			   char **ret_path)
{
	const char *relative = str_after_prefix(host_path, closure->modules_dir);

	if (relative && *relative == '/')
		*ret_path = str_format("%s%s", closure->image_dir, relative);
	else
		*ret_path = strdup(host_path);
	return *ret_path ? 0 : -ENOMEM;
}

static int add_modules_to_tree(const struct kmod_closure *closure, struct tree *tree)
{
	const struct strmap_entry *entry;

	strmap_for_each(entry, &closure->modules) {
		const struct module *module = entry->value;
		_cleanup_free_ char *path = NULL;
		int r;

		r = make_image_path(closure, module->host_path, &path);
		if (r < 0)
			return r;
		r = tree_add_file(tree, path, module->host_path, module->why);
		if (r == -ENOENT) {
			log_err("%s is listed in modules.dep, but is not there; run depmod for "
				"this kernel and try again",
				module->host_path);
			return r;
		}
		if (r < 0)
			return log_err_errno(r,
					     "cannot put the module %s into the image, giving up",
					     module->host_path);
	}
	return 0;
}

/*
 * What libkmod opens. It refuses to map any if it cannot map all of the first four, symbols
 * included; the others are read when they are there.
 */
static int add_indexes_to_tree(const struct kmod_closure *closure, struct tree *tree)
{
	static const char *const names[] = {
		"modules.dep.bin",     "modules.alias.bin",         "modules.symbols.bin",
		"modules.builtin.bin", "modules.builtin.alias.bin", "modules.builtin.modinfo",
		"modules.softdep",     "modules.weakdep",           "modules.devname",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *host_path = NULL, *path = NULL;
		int r;

		host_path = str_format("%s/%s", closure->modules_dir, names[i]);
		if (!host_path)
			return -ENOMEM;
		r = make_image_path(closure, host_path, &path);
		if (r < 0)
			return r;
		r = tree_add_file(tree, path, host_path, "index of the kernel's modules");
		if (r < 0 && r != -ENOENT)
			return log_err_errno(r, "cannot put %s into the image, giving up",
					     host_path);
	}
	return 0;
}

int kmod_closure_add_to_tree(const struct kmod_closure *closure, struct tree *tree)
{
	int r = add_modules_to_tree(closure, tree);

	return r < 0 ? r : add_indexes_to_tree(closure, tree);
}
