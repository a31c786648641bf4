/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/elf/elf-closure.h"
#include "image/tree/sysroot.h"

/*
 * Adds what the user wants in besides: --cmdline, --crypttab, and each --add-file, with its
 * libraries if it is a program, with all that is in it if it is a directory. Absolute paths are
 * those of @sysroot. A negative errno has been logged, except for -ENOMEM.
 */
int extra_files_add(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		    const struct build_options *options);
