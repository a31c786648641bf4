/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"

/*
 * What a LUKS header may ask of this machine. It stands on the disk, and whoever can write there
 * writes what he likes; so this is said by the image and nobody else.
 */
struct luks_limits {
	uint64_t kdf_memory_kib;  /* of argon2 */
	uint64_t kdf_time;        /* of argon2: passes over that memory */
	uint64_t kdf_iterations;  /* of PBKDF2, in keyslots and in digests */
	bool allows_reencryption; /* one that is under way goes on at each boot */
};

/* Those of an image that says nothing. */
extern const struct luks_limits luks_limits_default;

/*
 * Parses a list such as "kdf-memory=8G, kdf-time=2000, kdf-iterations=200000000, reencryption",
 * whose words commas or white space separate, on top of the defaults. What makes no sense becomes a
 * sentence in @warnings and changes nothing. 0 or -ENOMEM.
 */
int luks_limits_parse(const char *text, struct luks_limits *ret_limits, struct vec *warnings);
