/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/*
 * What was made of host files before, so that a rebuild need not make it again: one file for each,
 * found by the identity of the host file (device, inode, size, times) and by what was made of it.
 *
 * It may be deleted at any time, and several builds may use it at once. What is torn or was changed
 * counts as absent. All functions but open and close may be called by several threads at a time.
 */
struct cache;

/*
 * Opens the user's cache, and makes it if need be: $XDG_CACHE_HOME/kindling, else for root
 * /var/cache/kindling, and for others ~/.cache/kindling. Without one, the result is NULL, which all
 * functions take for a cache that is always empty; that is no error. 0 or -ENOMEM.
 */
int cache_open(struct cache **ret_cache);

/* If anything was added, removes the oldest files until the cache is within its bounds again. */
struct cache *cache_close(struct cache *cache);

/*
 * What cache_put() was given for the host file that @st is of, and for @what, a short text. 1 and
 * the content, the caller's to free, with its checksum_of(); 0 if there is none, or -ENOMEM.
 */
int cache_get(struct cache *cache, const struct stat *st, const char *what, void **ret_data,
	      size_t *ret_size, uint64_t *ret_checksum);

/* Remembers @data. If that fails, the cache does not have it, and that is all. */
void cache_put(struct cache *cache, const struct stat *st, const char *what, const void *data,
	       size_t size, uint64_t checksum);
