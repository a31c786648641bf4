/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/bkeymap.h"

#include <errno.h>
#include <string.h>

#define MAGIC      "bkeymap"
#define MAGIC_SIZE (sizeof(MAGIC) - 1)
#define TABLE_SIZE (BKEYMAP_KEYS * sizeof(uint16_t))

int bkeymap_parse(const void *data, size_t size, struct bkeymap *ret_keymap)
{
	const unsigned char *flags = (const unsigned char *)data + MAGIC_SIZE;
	const unsigned char *next = flags + BKEYMAP_TABLES;
	struct bkeymap keymap = { 0 };
	size_t left;

	if (size < MAGIC_SIZE + BKEYMAP_TABLES || memcmp(data, MAGIC, MAGIC_SIZE) != 0)
		return -EBADMSG;
	left = size - MAGIC_SIZE - BKEYMAP_TABLES;
	for (unsigned int table = 0; table < BKEYMAP_TABLES; table++) {
		if (flags[table] > 1 || (flags[table] && left < TABLE_SIZE))
			return -EBADMSG;
		if (!flags[table])
			continue;
		keymap.tables[table] = next;
		next += TABLE_SIZE;
		left -= TABLE_SIZE;
	}
	if (left > 0 || !keymap.tables[0])
		return -EBADMSG;
	*ret_keymap = keymap;
	return 0;
}

uint16_t bkeymap_get(const struct bkeymap *keymap, unsigned int table, unsigned int key)
{
	uint16_t symbol;

	memcpy(&symbol, keymap->tables[table] + key * sizeof(symbol), sizeof(symbol));
	return symbol;
}
