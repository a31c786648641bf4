/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/tree/sysroot.h"
#include "image/tree/tree.h"

/*
 * Fills @tree with what the kernel looks for before it unpacks the image: microcode as --microcode
 * asks for it. A negative errno has been logged, except for -ENOMEM.
 */
int early_files_add(struct tree *tree, const struct sysroot *sysroot,
		    const struct build_options *options);
