/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/modules/kmod-tables.h"
#include "image/modules/modprobe-rules.h"
#include "image/tree/sysroot.h"
#include "image/tree/tree.h"

/*
 * The modules that an image of one kernel gets: those that are asked for, and all that they need.
 * Every question goes to the tables of that kernel; the running one does not matter.
 */
struct kmod_closure;

enum module_storage {
	MODULE_STORAGE_AS_IS, /* as the distribution has them */
	MODULE_STORAGE_ZSTD,  /* as zstd frames, unless they are compressed already */
};

struct kmod_closure_module {
	const char *name;      /* with underscores */
	const char *host_path; /* NULL: built into the kernel */
	const char *why;       /* as it was given, or "needed by core" and the like */
};

/*
 * @modules_dir, absolute, directly holds modules.dep, and becomes /usr/lib/modules/@kver in the
 * image. The modprobe.d of @sysroot, which must stay open, counts, but for blacklists. A negative
 * errno has been logged, except for -ENOMEM; -EBADMSG if a table is damaged.
 */
int kmod_closure_new(const char *modules_dir, const char *kver, const struct sysroot *sysroot,
		     struct kmod_closure **ret_closure);
struct kmod_closure *kmod_closure_free(struct kmod_closure *closure);

/*
 * Has the module @name, and whatever needs it, left out from now on. -EBUSY if it is built into
 * this kernel, -ENOENT if that has no module of that name, -ENOMEM.
 */
int kmod_closure_omit(struct kmod_closure *closure, const char *name);

/*
 * Adds the modules that @name stands for, a module's name or an alias, with their hard
 * dependencies, soft dependencies of both kinds and weak ones. What is built into the kernel is
 * there already, and fine, and so is what is to be omitted. -ENOENT if this kernel has nothing of
 * that name, -ENOMEM; -EBADMSG, which has been logged, if a table is damaged.
 */
int kmod_closure_add(struct kmod_closure *closure, const char *name, const char *why);

/*
 * The same, on behalf of the module @cause, which the closure has: @why is a phrase that ends
 * before its name, such as "needed by".
 */
int kmod_closure_add_for(struct kmod_closure *closure, const char *name, const char *why,
			 const char *cause);

/*
 * Whether the closure has a module with a file among those that @name stands for: 1, 0 or -ENOMEM.
 */
int kmod_closure_has_file(struct kmod_closure *closure, const char *name);

/*
 * What @find, given their paths below the modules directory, first finds among the hard
 * dependencies of the module @name; NULL if nothing, or if there is no such module. 0 or -ENOMEM.
 */
int kmod_closure_search_needs(struct kmod_closure *closure, const char *name,
			      const char *(*find)(const char *path), const char **ret_found);

/*
 * The modules so far, struct kmod_closure_module, by name, with what is built in and was asked for.
 * The items are the closure's and valid until the next call; the vec is the caller's. 0 or -ENOMEM.
 */
int kmod_closure_list(const struct kmod_closure *closure, struct vec *ret_modules);

/*
 * Where the file of the module @name will be in the image; the caller's to free. -ENOENT if the
 * closure does not have it, or not as a file, -ENOMEM.
 */
int kmod_closure_get_image_path(const struct kmod_closure *closure, const char *name,
				enum module_storage storage, char **ret_path);

/*
 * Puts the modules into @tree, and the indexes that libkmod reads, reduced to what is there. A
 * negative errno has been logged, except for -ENOMEM: -ENOENT if a module's file is missing,
 * -ENODATA if it is empty, or that of stat(2) and access(2).
 */
int kmod_closure_add_to_tree(struct kmod_closure *closure, struct tree *tree,
			     enum module_storage storage);

/* How many modules there are so far, not counting what is built in. */
size_t kmod_closure_count(const struct kmod_closure *closure);

/* All that this kernel has, the closure's: for whoever chooses by path or by alias. */
const struct kmod_tables *kmod_closure_get_tables(const struct kmod_closure *closure);

/* The rules that its soft and weak dependencies come from, the closure's. */
const struct modprobe_rules *kmod_closure_get_rules(const struct kmod_closure *closure);
