/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/strmap.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/ */
static size_t hash_string(const char *string)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *string; string++)
		hash = (hash ^ (unsigned char)*string) * 0x100000001b3;
	return hash;
}

/* The slot that holds @key, or the free one where it belongs. */
static struct strmap_entry *find_slot(const struct strmap *map, const char *key)
{
	size_t mask = map->n_slots - 1;

	for (size_t i = hash_string(key) & mask;; i = (i + 1) & mask)
		if (!map->entries[i].key || strcmp(map->entries[i].key, key) == 0)
			return &map->entries[i];
}

static int strmap_grow(struct strmap *map)
{
	struct strmap larger = { .n_slots = map->n_slots ? map->n_slots * 2 : 32 };

	larger.entries = calloc(larger.n_slots, sizeof(*larger.entries));
	if (!larger.entries)
		return -ENOMEM;
	for (size_t i = 0; i < map->n_slots; i++)
		if (map->entries[i].key)
			*find_slot(&larger, map->entries[i].key) = map->entries[i];
	larger.n_entries = map->n_entries;
	free(map->entries);
	*map = larger;
	return 0;
}

void *strmap_get(const struct strmap *map, const char *key)
{
	return map->n_slots ? find_slot(map, key)->value : NULL;
}

int strmap_set(struct strmap *map, const char *key, void *value)
{
	struct strmap_entry *entry;

	/* A quarter of the slots stays free, so that find_slot() ends and ends soon. */
	if (map->n_entries * 4 >= map->n_slots * 3) {
		int r = strmap_grow(map);

		if (r < 0)
			return r;
	}
	entry = find_slot(map, key);
	if (!entry->key) {
		entry->key = strdup(key);
		if (!entry->key)
			return -ENOMEM;
		map->n_entries++;
	}
	entry->value = value;
	return 0;
}

void strmap_done(struct strmap *map, void (*free_value)(void *value))
{
	for (size_t i = 0; i < map->n_slots; i++) {
		if (!map->entries[i].key)
			continue;
		if (free_value)
			free_value(map->entries[i].value);
		free(map->entries[i].key);
	}
	free(map->entries);
	*map = (struct strmap){ 0 };
}
