/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/stat.h>

#include "base/vec.h"
#include "image/writer/cache.h"

/*
 * The symbols that the module at @host_path, which @st is of, takes from others: char *, the
 * caller's to free. Those of a compressed module are remembered in @cache, which may be NULL, as
 * decompressing takes milliseconds. Errors as of module_info_read().
 */
int module_imports_read(const char *host_path, const struct stat *st, struct cache *cache,
			struct vec *ret_imports);
