/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "image/elf/elf-machine.h"
#include "image/tree/sysroot.h"

/* Directories for the shared libraries of one machine, in the order of search. */
struct library_dirs {
	struct vec built_in;   /* char *: where the loader looks by itself, without its cache */
	struct vec configured; /* char *: what ld.so.conf names */
};

/*
 * The paths of all that a loader for the machine, which may be NULL, may look in by itself; char *,
 * for the caller to free. 0 or -ENOMEM.
 */
int library_dirs_name_built_in(const struct elf_machine *machine, struct vec *ret_paths);

/* Sets those that are built in and there; @machine may be NULL. 0 or -ENOMEM. */
int library_dirs_init(struct library_dirs *dirs, const struct sysroot *sysroot,
		      const struct elf_machine *machine);
void library_dirs_done(struct library_dirs *dirs);

/*
 * Reads @config_path of the sysroot, such as /etc/ld.so.conf, with all that it includes; that it
 * is not there is fine. 0 or -ENOMEM.
 */
int library_dirs_read_config(struct library_dirs *dirs, const struct sysroot *sysroot,
			     const char *config_path);

/*
 * The names in a directory of the sysroot, sorted, char *, for the caller to free; none if it is no
 * directory. 0 or -ENOMEM.
 */
int library_dirs_list(const struct sysroot *sysroot, const char *dir, struct vec *ret_names);
