/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/tree.h"

/*
 * The modules that an image of one kernel gets: those that are asked for, and all that they need.
 * Every question goes to the indexes of that kernel; the running one does not matter.
 */
struct kmod_closure;

/* A module that the kernel has, as modules.dep tells. */
struct kmod_file {
	char *path;  /* below the modules directory: "kernel/fs/ext4/ext4.ko.xz" */
	char *needs; /* the paths of its hard dependencies, and of theirs, separated by spaces */
};

/*
 * @modules_dir, absolute, directly holds modules.dep, and becomes /usr/lib/modules/@kver in the
 * image. A negative errno has been logged, except for -ENOMEM.
 */
int kmod_closure_new(const char *modules_dir, const char *kver, struct kmod_closure **ret_closure);
struct kmod_closure *kmod_closure_free(struct kmod_closure *closure);

/* All modules of the kernel, struct kmod_file each, in the order of modules.dep. */
const struct vec *kmod_closure_get_files(const struct kmod_closure *closure);

/*
 * Adds the modules that @name stands for, a module's name or an alias, with their hard
 * dependencies and soft dependencies of both kinds. What is built into the kernel is there already,
 * and fine. -ENOENT if this kernel has nothing of that name, -ENOMEM.
 */
int kmod_closure_add(struct kmod_closure *closure, const char *name, const char *why);

/* The same for a file of kmod_closure_get_files(). */
int kmod_closure_add_file(struct kmod_closure *closure, const struct kmod_file *file,
			  const char *why);

/*
 * Puts the modules into @tree, as they are on disk, and the indexes that libkmod reads. A negative
 * errno has been logged, except for -ENOMEM.
 */
int kmod_closure_add_to_tree(const struct kmod_closure *closure, struct tree *tree);

/* How many modules there are so far. */
size_t kmod_closure_count(const struct kmod_closure *closure);
