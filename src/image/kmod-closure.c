/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From wanted modules to all modules: hard dependencies, which the indexes list in full, and soft
 * dependencies, which lead to aliases and so to further modules. A list of what is still to be
 * looked at takes the place of recursion, so neither cycles nor depth matter.
 *
 * libkmod answers for the kernel of its context only, which is that of the image. All its soft
 * dependencies are walked for each module: the function that is for one module stops at the first
 * line that fits, and depmod(8) writes one line for each MODULE_SOFTDEP.
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

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "kindling/image-layout.h"

struct module {
	char *host_path;
	char *why;
};

struct kmod_closure {
	struct kmod_ctx *ctx;
	char *modules_dir, *image_dir;
	struct strmap modules; /* struct module by name */
	struct vec pending;    /* struct kmod_module, each with a reference */
};

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
		*ret_closure = TAKE_PTR(closure);
	return r;
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

/* Notes the words of one line of modules.softdep, "pre: a b post: c". */
static int note_words(struct kmod_closure *closure, const char *name, const char *words)
{
	_cleanup_free_ char *copy = strdup(words), *why = NULL;
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

static int note_soft_dependencies(struct kmod_closure *closure, const char *name)
{
	struct kmod_config_iter *iter = kmod_config_get_softdeps(closure->ctx);
	int r = 0;

	if (!iter)
		return -ENOMEM;
	while (r >= 0 && kmod_config_iter_next(iter)) {
		const char *words;

		if (fnmatch(kmod_config_iter_get_key(iter), name, 0) != 0)
			continue;
		words = kmod_config_iter_get_value(iter);
		r = words ? note_words(closure, name, words) : -ENOMEM;
	}
	kmod_config_iter_free_iter(iter);
	return r;
}

static int note_needs(struct kmod_closure *closure, struct kmod_module *module)
{
	_cleanup_(cleanup_module_list) struct kmod_list *hard =
		kmod_module_get_dependencies(module);
	const char *name = kmod_module_get_name(module);
	_cleanup_free_ char *why = NULL;
	int r;

	why = str_format("needed by %s", name);
	if (!why)
		return -ENOMEM;
	r = note_list(closure, hard, why);
	return r < 0 ? r : note_soft_dependencies(closure, name);
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

/* The path below the modules directory, or NULL: the index may name files elsewhere. */
static const char *get_relative(const struct kmod_closure *closure, const char *path)
{
	const char *rest = str_after_prefix(path, closure->modules_dir);

	return rest && *rest == '/' ? rest + 1 : NULL;
}

int kmod_closure_search_needs(struct kmod_closure *closure, const char *name,
			      const char *(*find)(const char *path), const char **ret_found)
{
	_cleanup_(cleanup_module_list) struct kmod_list *hard = NULL;
	struct kmod_module *module;
	struct kmod_list *item;
	const char *found = NULL;
	int r;

	r = kmod_module_new_from_name(closure->ctx, name, &module);
	if (r < 0)
		return r;
	hard = kmod_module_get_dependencies(module);
	(void)kmod_module_unref(module);
	kmod_list_foreach(item, hard)
	{
		const char *path;

		module = kmod_module_get_module(item);
		path = get_relative(closure, kmod_module_get_path(module));
		if (path && !found)
			found = find(path);
		(void)kmod_module_unref(module);
	}
	*ret_found = found;
	return 0;
}

/* Where a file of the modules directory goes. */
static int make_image_path(const struct kmod_closure *closure, const char *host_path,
			   char **ret_path)
{
	const char *relative = get_relative(closure, host_path);

	if (relative)
		*ret_path = str_format("%s/%s", closure->image_dir, relative);
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
			log_err("%s is listed in modules.dep.bin, but is not there; run depmod for "
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
