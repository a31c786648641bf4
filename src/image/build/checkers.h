/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/elf/elf-closure.h"
#include "image/host/host.h"
#include "image/tree/sysroot.h"

/*
 * Adds the programs that check file systems before they are mounted, as --fsck asks for them: those
 * of the file systems that @host needs, or of any, as far as they are installed in @sysroot.
 * @programs fills @tree. A negative errno has been logged, except for -ENOMEM.
 */
int checkers_add(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		 const struct build_options *options, const struct host *host);
