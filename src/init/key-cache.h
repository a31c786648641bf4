/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct secret;
struct vec;

/*
 * The passphrases that systemd keeps in the kernel, in the user keyring of root, for two minutes
 * and a half after one was typed: so whoever opens more volumes once the real init has started asks
 * for none of them again. None of this blocks.
 */

/* Adds @secret, and gives all of them their time anew. 0 or negative errno. */
int key_cache_add(const struct secret *secret);

/* Appends to @secrets, of struct secret *, those that are not there yet, for the caller to free. */
void key_cache_read(struct vec *secrets);
