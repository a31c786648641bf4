/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree.h"

/*
 * The modules that an image of one kernel gets: those that are asked for, and all that they need.
 * Every question goes to the indexes of that kernel; the running one does not matter.
 */
struct kmod_closure;

/*
 * @modules_dir, absolute, directly holds modules.dep.bin, and becomes /usr/lib/modules/@kver in the
 * image. A negative errno has been logged, except for -ENOMEM.
 */
int kmod_closure_new(const char *modules_dir, const char *kver, struct kmod_closure **ret_closure);
struct kmod_closure *kmod_closure_free(struct kmod_closure *closure);

/*
 * Adds the modules that @name stands for, a module's name or an alias, with their hard
 * dependencies and soft dependencies of both kinds. What is built into the kernel is there already,
 * and fine. -ENOENT if this kernel has nothing of that name, -ENOMEM.
 */
int kmod_closure_add(struct kmod_closure *closure, const char *name, const char *why);

/*
 * What @find, given their paths below the modules directory, first finds among the hard
 * dependencies of the module @name; NULL if nothing, or if there is no such module. A negative
 * errno, such as -ENOMEM, if they cannot be told.
 */
int kmod_closure_search_needs(struct kmod_closure *closure, const char *name,
			      const char *(*find)(const char *path), const char **ret_found);

/*
 * Puts the modules into @tree, as they are on disk, and the indexes that libkmod reads. A negative
 * errno has been logged, except for -ENOMEM.
 */
int kmod_closure_add_to_tree(const struct kmod_closure *closure, struct tree *tree);

/* How many modules there are so far. */
size_t kmod_closure_count(const struct kmod_closure *closure);
