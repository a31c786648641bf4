/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

/* Directories for the shared libraries of one machine, in the order of search. */
struct library_dirs {
	uint16_t machine;      /* EM_* */
	struct vec configured; /* char *: what ld.so.conf names */
	struct vec built_in;   /* char *: where the loader looks by itself, without its cache */
};

/*
 * Reads @config_path, such as /etc/ld.so.conf, with all that it includes; that it is not there is
 * fine. 0 or -ENOMEM.
 */
int library_dirs_init(struct library_dirs *dirs, uint16_t machine, const char *config_path);
void library_dirs_done(struct library_dirs *dirs);

/* Whether a loader finds what is in the directory of @path without being told. */
bool library_dirs_has_built_in(const struct library_dirs *dirs, const char *path);
