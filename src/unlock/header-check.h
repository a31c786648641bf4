/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "config/luks-limits.h"

/*
 * Whether a LUKS header is one that an honest tool could have made. Whoever had the disk in his
 * hands may have written it: a null cipher that leaves in the clear what is written from now on, a
 * key derivation that takes for ever, areas that lie where they should not. So it is held against a
 * list of what is allowed, before libcryptsetup sees it and before a passphrase is of use. All of
 * this is pure: bytes in, verdict out.
 */

#define HEADER_KEYSLOTS_MAX 32 /* of LUKS2; LUKS1 has 8 */

/* The most that is ever read as header, key material left aside: both copies of the largest. */
#define HEADER_METADATA_MAX (8U << 20)

struct header_context {
	struct luks_limits limits;
	uint64_t available_kib;     /* memory that a key derivation may take now */
	uint64_t device_size_bytes; /* where the header is */
	bool is_detached;           /* and the data elsewhere */
};

enum header_copy_used {
	HEADER_COPY_ANY, /* both say the same; or LUKS1, which has one */
	HEADER_COPY_FIRST,
	HEADER_COPY_SECOND,
};

struct header_keyslot {
	bool is_active;
	bool is_left_out; /* it costs too much; the reason is a sentence */
	char reason[160];
	uint64_t memory_kib;               /* that its key derivation takes */
	uint64_t offset_bytes, size_bytes; /* of its area */
	uint64_t material_bytes;           /* of that, what its key takes */
};

struct header_verdict {
	bool is_luks2;
	bool is_reencrypting; /* and allowed to; libcryptsetup will write to the header */
	enum header_copy_used copy_used;
	uint64_t copy_size_bytes; /* of one of LUKS2's copies */
	uint64_t size_bytes;      /* of header and key material, used or not */
	struct header_keyslot keyslots[HEADER_KEYSLOTS_MAX];
	uint64_t memory_kib; /* what the most demanding keyslot takes that is not left out */
	char text[512];      /* of a refusal: a sentence that names the field */
};

/*
 * How many bytes from the beginning of the device header_check() needs, as far as the first @size
 * can tell; never more than HEADER_METADATA_MAX. Read on until it is no more than there are.
 */
size_t header_bytes_wanted(const uint8_t *bytes, size_t size);

/* 0; -EBADMSG if it is refused, and then the text of the verdict says why; or -ENOMEM. */
int header_check(const uint8_t *bytes, size_t size, const struct header_context *context,
		 struct header_verdict *ret_verdict);
