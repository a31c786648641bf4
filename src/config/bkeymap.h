/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BKEYMAP_TABLES 256 /* MAX_NR_KEYMAPS of the kernel: one a combination of modifiers */
#define BKEYMAP_KEYS   128

/*
 * A keymap as `loadkeys --bkeymap` writes it and busybox's loadkmap reads it: after "bkeymap" a
 * byte for each table, 1 if it is there, then these tables, whose symbols have the byte order of
 * the machine that they are for.
 */
struct bkeymap {
	const unsigned char *tables[BKEYMAP_TABLES]; /* in the data that was parsed, or NULL */
};

/* @data stays referenced. 0, or -EBADMSG if it is no such keymap or lacks the plain keys. */
int bkeymap_parse(const void *data, size_t size, struct bkeymap *ret_keymap);

/* The kernel's symbol for a key of a table that is there. */
uint16_t bkeymap_get(const struct bkeymap *keymap, unsigned int table, unsigned int key);
