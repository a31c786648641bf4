/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/modules/kmod-tables.h"
#include "image/tree/tree.h"

/*
 * Puts the indexes that libkmod reads at boot into @tree, below @image_dir, reduced to the modules
 * that are there: @files has the file, relative to that directory or absolute, of each module of
 * @tables by its position, or NULL. modules.softdep is taken from @modules_dir. A negative errno
 * has been logged, except for -ENOMEM.
 */
int kmod_trim_add_to_tree(const struct kmod_tables *tables, char *const *files,
			  const char *modules_dir, const char *image_dir, struct tree *tree);
