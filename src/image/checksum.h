/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

/*
 * Tells whether bytes are still those that they were, unless somebody wants to deceive. Every byte
 * of an image is summed twice, once on its way to the disk and once back, so it is the checksum
 * that is as fast as memory: XXH3, 64 bits, https://github.com/Cyan4973/xxHash.
 */
static inline uint64_t checksum_of(const void *data, size_t size)
{
	return XXH3_64bits(data, size);
}

/* Of all that @before is the checksum of, and of these bytes. */
static inline uint64_t checksum_after(uint64_t before, const void *data, size_t size)
{
	return XXH3_64bits_withSeed(data, size, before);
}
