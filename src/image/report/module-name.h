/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* The suffix that tells how a module or firmware is compressed, ".zst"; "" at the end if it is not.
 */
const char *compression_suffix(const char *path);

/* Whether @path is that of a module, compressed or not. */
bool module_name_is_path(const char *path);

/* What the kernel calls the module that @name means; the caller's to free, NULL without memory. */
char *module_name_normalise(const char *name);

/*
 * Whether the module at @path is the one that @name means: with dashes or underscores, with or
 * without its suffixes.
 */
bool module_name_matches(const char *path, const char *name);
