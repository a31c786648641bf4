/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * LUKS2 keeps its header twice, each a binary part and one in JSON below one checksum. Which copy
 * counts follows libcryptsetup: that with the higher sequence number of those that are whole.
 */

#include "unlock/header-check.h"

#define LUKS2_BINARY_BYTES 4096U

struct luks2_copy {
	bool is_whole; /* its checksum is right */
	const uint8_t *bytes;
	uint64_t offset_bytes, size_bytes;
	uint64_t sequence;
};

/*
 * Finds both; one that is not whole has only that to say. 0, -ENOMEM, or -EBADMSG if no copy is
 * whole, or both are and contradict each other in the binary part; the JSON parts are left to the
 * caller.
 */
int luks2_copies_find(const uint8_t *bytes, size_t size, struct luks2_copy *ret_first,
		      struct luks2_copy *ret_second, struct header_verdict *verdict);

/* Puts the checksum that belongs there into the copy, for tests and whoever changes one. */
int luks2_copy_seal(uint8_t *bytes, size_t size);
