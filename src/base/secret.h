/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* The longest passphrase that is read, as cryptsetup's own prompt. */
#define SECRET_MAX 512

/*
 * Something that nobody else may see. It lives in pages of its own that are locked into memory,
 * left out of core dumps and of forked children, and wiped before they are given back. There is
 * no way to print one.
 */
struct secret {
	size_t size;
	char bytes[SECRET_MAX];
};

/* An empty secret, or NULL without memory. Locking that fails is accepted: root has no limit. */
struct secret *secret_new(void);

/* Wipes and frees; accepts NULL and returns NULL. */
struct secret *secret_free(struct secret *secret);

/* Appends one byte; -ENOBUFS when full, and then the secret is as it was. */
int secret_append(struct secret *secret, char byte);

/* Takes off the last UTF-8 character; nothing happens when empty. */
void secret_erase_last_character(struct secret *secret);

/* Wipes the content; the secret stays usable. */
void secret_clear(struct secret *secret);
