/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree.h"

/* Adds programs to a tree together with all that the dynamic loader will look for. */
struct elf_closure;

/* @tree and @sysroot, whose libraries are taken, outlive the closure. 0 or -ENOMEM. */
int elf_closure_new(struct tree *tree, const struct sysroot *sysroot,
		    struct elf_closure **ret_closure);
struct elf_closure *elf_closure_free(struct elf_closure *closure);

/*
 * Puts the host's file at @path in the image, and if it is an ELF file, its loader and libraries
 * at the paths they have on the host. @host_path is absolute. A negative errno has been logged,
 * except for -ENOMEM.
 */
int elf_closure_add(struct elf_closure *closure, const char *host_path, const char *path,
		    const char *why);
