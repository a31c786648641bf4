/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"

/*
 * The paths of the modules below @modules_dir, relative to it and sorted; the caller frees them.
 * Directories that @is_skipped, given their relative path and a slash, are not looked into. A
 * negative errno has been logged, except for -ENOMEM.
 */
int module_files_list(const char *modules_dir, bool (*is_skipped)(const char *directory),
		      struct vec *ret_paths);
