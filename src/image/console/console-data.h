/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/tree/sysroot.h"

/* A kind of file that kbd and console-setup bring. Lists end with NULL. */
struct console_data {
	const char *const *directories; /* of all distributions, the first that has it counts */
	const char *const *suffixes;    /* that may be left out of a name, "" for none */
};

extern const struct console_data console_keymaps, console_fonts, console_unimaps;

/*
 * The path by which this process reaches the file that @name is short for, in @sysroot: in one of
 * the directories or below it, compressed or not. With a slash, @name is a path itself, and if that
 * is not absolute, one of this process. The caller's to free. 0, -ENOENT, -ENOMEM, or the errors of
 * realpath(3) for a path.
 */
int console_data_find(const struct console_data *kind, const struct sysroot *sysroot,
		      const char *name, char **ret_path);

/* What the image calls it: @name without directories and suffixes. NULL without memory. */
char *console_data_short_name(const struct console_data *kind, const char *name);
