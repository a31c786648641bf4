/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/luks2-copies.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "unlock/header-rules.h"

/* Of the binary part. */
#define VERSION_AT   6U
#define SIZE_AT      8U
#define SEQUENCE_AT  16U
#define ALGORITHM_AT 72U
#define OFFSET_AT    256U
#define CHECKSUM_AT  448U

#define CHECKSUM_ALGORITHM "sha256" /* the only one that cryptsetup has ever written */
#define CHECKSUM_BYTES     64U      /* there is room for; the rest is zero */

/* What the two copies must have in common, besides their JSON. */
static const struct {
	const char *name;
	size_t at, size;
} shared_fields[] = {
	{ "label", 24, 48 },
	{ "uuid", 168, 40 },
	{ "subsystem", 208, 48 },
};

static const uint64_t sizes[] = { 16384,  32768,   65536,   131072, 262144,
				  524288, 1048576, 2097152, 4194304 };

static bool is_size_known(uint64_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		if (sizes[i] == size)
			return true;
	return false;
}

static int make_checksum(const uint8_t *bytes, size_t size, uint8_t checksum[EVP_MAX_MD_SIZE])
{
	_cleanup_free_ uint8_t *copy = malloc(size);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, size);
	memset(copy + CHECKSUM_AT, 0, CHECKSUM_BYTES);
	memset(checksum, 0, EVP_MAX_MD_SIZE);
	return EVP_Digest(copy, size, checksum, NULL, EVP_sha256(), NULL) == 1 ? 0 : -ENOMEM;
}

int luks2_copy_seal(uint8_t *bytes, size_t size)
{
	uint8_t checksum[EVP_MAX_MD_SIZE];
	int r = make_checksum(bytes, size, checksum);

	if (r >= 0)
		memcpy(bytes + CHECKSUM_AT, checksum, CHECKSUM_BYTES);
	return r;
}

/* The copy at @offset, if it is whole; a first one is at 0. 0 or -ENOMEM. */
static int read_copy(const uint8_t *bytes, size_t size, size_t offset, struct luks2_copy *ret_copy)
{
	const char *magic = offset == 0 ? "LUKS\xba\xbe" : "SKUL\xba\xbe";
	uint8_t checksum[EVP_MAX_MD_SIZE];
	struct luks2_copy copy = { .bytes = bytes + offset, .offset_bytes = offset };
	int r;

	*ret_copy = (struct luks2_copy){ 0 };
	if (size < LUKS2_BINARY_BYTES || offset > size - LUKS2_BINARY_BYTES)
		return 0;
	copy.size_bytes = read_be(copy.bytes + SIZE_AT, 8);
	copy.sequence = read_be(copy.bytes + SEQUENCE_AT, 8);
	if (memcmp(copy.bytes, magic, VERSION_AT) != 0 ||
	    read_be(copy.bytes + VERSION_AT, 2) != 2 ||
	    read_be(copy.bytes + OFFSET_AT, 8) != offset || !is_size_known(copy.size_bytes) ||
	    (offset > 0 && copy.size_bytes != offset) || copy.size_bytes > size - offset ||
	    memcmp(copy.bytes + ALGORITHM_AT, CHECKSUM_ALGORITHM, sizeof(CHECKSUM_ALGORITHM)) != 0)
		return 0;
	r = make_checksum(copy.bytes, copy.size_bytes, checksum);
	copy.is_whole = r >= 0 && memcmp(copy.bytes + CHECKSUM_AT, checksum, CHECKSUM_BYTES) == 0;
	if (copy.is_whole)
		*ret_copy = copy;
	return r;
}

/* Behind the first one if that is whole, else wherever one can be. */
static int read_second(const uint8_t *bytes, size_t size, const struct luks2_copy *first,
		       struct luks2_copy *ret_copy)
{
	int r = 0;

	if (first->is_whole)
		return read_copy(bytes, size, first->size_bytes, ret_copy);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		r = read_copy(bytes, size, sizes[i], ret_copy);
		if (r < 0 || ret_copy->is_whole)
			break;
	}
	return r;
}

static int compare(const struct luks2_copy *first, const struct luks2_copy *second,
		   struct header_verdict *verdict)
{
	for (size_t i = 0; i < ARRAY_SIZE(shared_fields); i++)
		if (memcmp(first->bytes + shared_fields[i].at, second->bytes + shared_fields[i].at,
			   shared_fields[i].size) != 0)
			return header_refuse(verdict, shared_fields[i].name,
					     "is not the same in its two copies");
	return 0;
}

int luks2_copies_find(const uint8_t *bytes, size_t size, struct luks2_copy *ret_first,
		      struct luks2_copy *ret_second, struct header_verdict *verdict)
{
	int r = read_copy(bytes, size, 0, ret_first);

	if (r >= 0)
		r = read_second(bytes, size, ret_first, ret_second);
	if (r < 0)
		return r;
	if (!ret_first->is_whole && !ret_second->is_whole)
		return header_refuse(verdict, "it",
				     "is damaged: neither of its two copies is whole");
	if (!ret_first->is_whole || !ret_second->is_whole ||
	    ret_first->sequence != ret_second->sequence)
		return 0;
	return compare(ret_first, ret_second, verdict);
}

size_t header_bytes_wanted(const uint8_t *bytes, size_t size)
{
	struct luks2_copy first;
	uint64_t copy_bytes;

	if (size < LUKS2_BINARY_BYTES)
		return LUKS2_BINARY_BYTES;
	if (memcmp(bytes, "LUKS\xba\xbe\0\1", 8) == 0)
		return LUKS2_BINARY_BYTES;
	copy_bytes = read_be(bytes + SIZE_AT, 8);
	if (memcmp(bytes, "LUKS\xba\xbe\0\2", 8) != 0 || !is_size_known(copy_bytes))
		return HEADER_METADATA_MAX;
	if (size < 2 * copy_bytes)
		return 2 * copy_bytes;
	/* If the first copy is damaged, so may be what it says of the second. */
	return read_copy(bytes, size, 0, &first) >= 0 && first.is_whole ? 2 * copy_bytes
									: HEADER_METADATA_MAX;
}
