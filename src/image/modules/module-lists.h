/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/modules/kmod-closure.h"
#include "image/tree/sysroot.h"
#include "image/tree/tree.h"

/* The modules that whoever runs a machine wants loaded, as a file there lists them. */
struct module_list {
	char *path;         /* of that file, in the sysroot */
	char *image_path;   /* where /init looks for it */
	struct vec entries; /* of struct module_entry */
};

/*
 * Reads the lists of @sysroot, in @ret_lists, of struct module_list. What cannot be read or makes
 * no sense has been logged. 0 or -ENOMEM; in both cases the caller ends with module_lists_done().
 */
int module_lists_read(const struct sysroot *sysroot, struct vec *ret_lists);
void module_lists_done(struct vec *lists);

/*
 * Adds the modules that they name to @closure, and takes from the lists what /init will have no
 * file to load of: what is built in, left out by the user, or unknown to this kernel, which is
 * logged. 0 or a negative errno, as of kmod_closure_add(), logged, except for -ENOMEM.
 */
int module_lists_add_modules(struct vec *lists, struct kmod_closure *closure);

/* Adds what is left in them, but for files that @tree has already. 0 or as tree_add_data(). */
int module_lists_add_to_tree(const struct vec *lists, struct tree *tree);
