/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the checks of LUKS1 and LUKS2 share; of no concern to others. */

#include <stdarg.h>

#include "unlock/header-check.h"

#define SECTOR_BYTES 512U
#define AF_STRIPES   4000U /* libcryptsetup takes no other number */

/* Sets the text: "@field is such and such". -EBADMSG. */
int header_refuse(struct header_verdict *verdict, const char *field, const char *format, ...)
	_printf_(3, 4);

/* Whether dm-crypt or a keyslot may use "aes-xts-plain64". Then NULL, else the end of a sentence
 * that begins with the cipher. */
const char *cipher_complaint(const char *spec);
bool hash_is_known(const char *name);

/* How much room a key of that size takes in a keyslot. */
static inline uint64_t key_material_bytes(uint64_t key_bytes)
{
	return (key_bytes * AF_STRIPES + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
}

static inline uint64_t read_be(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	while (size-- > 0)
		value = value << 8 | *bytes++;
	return value;
}

/* Leaves the keyslot out because of @field. */
void keyslot_leave_out(struct header_keyslot *keyslot, const char *field, const char *format, ...)
	_printf_(3, 4);

/* The same unless @iterations of PBKDF2 are within the limits. */
void keyslot_check_iterations(struct header_keyslot *keyslot, const char *field,
			      uint64_t iterations, const struct luks_limits *limits);

/* Of a digest, without which no keyslot is of use. 0 or -EBADMSG. */
int digest_check_iterations(struct header_verdict *verdict, const char *field, uint64_t iterations,
			    const struct luks_limits *limits);

/* "1 GiB" */
const char *memory_text(uint64_t kib, char buf[32]);

int luks1_check(const uint8_t *bytes, size_t size, const struct header_context *context,
		struct header_verdict *verdict);
int luks2_check(const uint8_t *bytes, size_t size, const struct header_context *context,
		struct header_verdict *verdict);
