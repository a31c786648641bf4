/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct module_entry;
struct module_loader;
struct pool;
struct strbuf;
struct vec;

/*
 * Kernel modules as the rest of /init sees them: ask for an alias, and it gets loaded. Puts the
 * look-up (modalias), the order (modqueue) and the workers (pool) together. 0 or negative errno.
 */
int module_loader_new(struct pool *pool, struct module_loader **ret_loader);
struct module_loader *module_loader_free(struct module_loader *loader);

/* As their namesakes of modqueue. */
void module_loader_request(struct module_loader *loader, const char *alias);
void module_loader_request_first(struct module_loader *loader, const char *alias);
bool module_loader_is_settled(const struct module_loader *loader, const char *alias);
bool module_loader_is_idle(const struct module_loader *loader);

/*
 * From now on what @entry names is loaded as somebody's wish: no blacklist counts, its options are
 * added, and its file is taken from where it says if the indexes know none; then it comes after the
 * module @after, unless that is NULL. To be requested after that, by its name. @entry is taken
 * over, also on errors. 0 or -ENOMEM.
 */
int module_loader_add_wish(struct module_loader *loader, struct module_entry *entry,
			   const char *after);

/* Starts no further load; takes back those that no worker has begun. */
void module_loader_stop(struct module_loader *loader);

/*
 * Appends a line for each module that was wanted, by a device or the kernel, and is not live.
 * @blacklist has the names, char *, that the command line forbids.
 */
void module_loader_describe(const struct module_loader *loader, const struct vec *blacklist,
			    struct strbuf *buf);
