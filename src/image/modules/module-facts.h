/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "image/writer/cache.h"

/*
 * Which firmware modules may ask for. A module must be read for it, and decompressed if need be, so
 * what was found is remembered in the cache.
 */
struct module_facts {
	struct strmap firmware; /* struct vec of char *, by the path of the module's file */
};

/*
 * Reads the facts of the modules at @paths, of the kernel whose modules are in @modules_dir, with
 * as many threads as @jobs says. @cache may be NULL. 0, -ENOMEM, or a negative errno, logged, if a
 * module cannot be read or is none. In any case the caller ends with module_facts_done().
 */
int module_facts_read(const char *modules_dir, const struct vec *paths, struct cache *cache,
		      unsigned int jobs, struct module_facts *ret_facts);
void module_facts_done(struct module_facts *facts);

/* Names and patterns below /lib/firmware that the module at @path may ask for, char *. */
const struct vec *module_facts_get_firmware(const struct module_facts *facts, const char *path);
