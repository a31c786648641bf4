/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A file that is enough of a module for libkmod: what it says of itself, and what it imports. */

#include <stddef.h>

/* @modinfo is strings one after the other, each with its end; @imports ends with NULL. */
void fake_module_write(const char *path, const char *modinfo, size_t modinfo_size,
		       const char *const *imports);

/* How large that file is. */
size_t fake_module_size(const char *modinfo, size_t modinfo_size, const char *const *imports);
