/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree/tree.h"

/* Adds programs to a tree together with all that they need to run. */
struct elf_closure;

/* @tree and @sysroot, whose libraries are taken, outlive the closure. 0 or -ENOMEM. */
int elf_closure_new(struct tree *tree, const struct sysroot *sysroot,
		    struct elf_closure **ret_closure);
struct elf_closure *elf_closure_free(struct elf_closure *closure);

/*
 * Puts the host's file at @path in the image, and with it, at the paths that they have in the
 * sysroot: if it is a program or a library (be it a plug-in), its loader and its libraries, also
 * those that it says it loads on demand; if it is a script, what runs it. @host_path is absolute
 * and need not be in the sysroot. The first program says for which machine the image is.
 *
 * A negative errno has been logged, except for -ENOMEM: -ENOENT if a library is missing, -EBADMSG
 * if an ELF file is broken.
 */
int elf_closure_add(struct elf_closure *closure, const char *host_path, const char *path,
		    const char *why);

/*
 * Whether the program that was added at @path could load the library @name by dlopen(3). 1, 0, or
 * -ENOMEM.
 */
int elf_closure_has_library(struct elf_closure *closure, const char *path, const char *name);

/* Adds that library, if it is there, and what it needs. Errors as elf_closure_add(). */
int elf_closure_add_library(struct elf_closure *closure, const char *path, const char *name);

/* The same as elf_closure_add() for a file that is at @path in the image already. */
int elf_closure_add_needs(struct elf_closure *closure, const char *host_path, const char *path);
