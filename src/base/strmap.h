/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * Map from strings to pointers, open addressing with linear probing. It only grows: entries are
 * replaced, never removed. A zeroed strmap is empty and valid.
 */
struct strmap {
	struct strmap_entry *entries;
	size_t n_entries;
	size_t n_slots; /* a power of two, or 0 */
};

struct strmap_entry {
	char *key; /* owned; NULL marks a free slot */
	void *value;
};

/* The value of @key, or NULL. */
void *strmap_get(const struct strmap *map, const char *key);

/* Sets @key, which is copied, to @value, which is not. 0 or -ENOMEM. */
int strmap_set(struct strmap *map, const char *key, void *value);

/* Frees the map, and each value with @free_value unless that is NULL. */
void strmap_done(struct strmap *map, void (*free_value)(void *value));

/* Visits the entries in no particular order; the map must not grow meanwhile. */
#define strmap_for_each(entry, map)                                                             \
	for (entry = (map)->entries; entry && entry < (map)->entries + (map)->n_slots; entry++) \
		if (entry->key)
