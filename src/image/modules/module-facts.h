/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strmap.h"
#include "base/vec.h"
#include "image/modules/kmod-closure.h"
#include "image/modules/module-info.h"
#include "image/writer/cache.h"

/*
 * What modules say of themselves, but for what they import; of those of crypto, fs and lib nothing,
 * as no device asks for firmware through them, and they are only known to be whole. A module must
 * be read for it, and decompressed if need be, so what was found is remembered in the cache.
 */
struct module_facts {
	struct strmap infos; /* struct module_info, by the path of the module's file */
};

/*
 * Reads the facts of the modules at @paths, of the kernel whose modules are in @modules_dir, with
 * as many threads as @jobs says. @cache may be NULL. 0, -ENOMEM, or a negative errno, logged, if a
 * module cannot be read or is none. In any case the caller ends with module_facts_done().
 */
int module_facts_read(const char *modules_dir, const struct vec *paths, struct cache *cache,
		      unsigned int jobs, struct module_facts *ret_facts);
/* The same for the modules of @closure that are files. */
int module_facts_read_closure(const char *modules_dir, const struct kmod_closure *closure,
			      struct cache *cache, unsigned int jobs,
			      struct module_facts *ret_facts);
void module_facts_done(struct module_facts *facts);

/* What the module at @path says; it must be one of those that were read. */
const struct module_info *module_facts_get(const struct module_facts *facts, const char *path);
