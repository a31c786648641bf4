/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a compressed stream ends, by its framing alone. For these formats libarchive cannot tell:
 * its decoders take whatever follows for a part of the stream and fail on it, lose what they had
 * unpacked before, or (lz4) swallow four bytes of it; and what runs in another program, as lzop,
 * is fed to the end. A decoder that gets exactly the stream does the rest, and notices if an end
 * that was found here is none.
 *
 * It is also known here, and libarchive does not ask, what size a dictionary of lzma or xz has: up
 * to 4 GiB, which a file of some bytes may demand. zstd's library has a limit of its own.
 */
#include "image/reader/stream-end.h"

#include <endian.h>
#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/macro.h"

int zstd_find_end(const uint8_t *data, size_t size, size_t *ret_size)
{
	size_t found = ZSTD_findFrameCompressedSize(data, size);

	if (ZSTD_isError(found))
		return -EBADMSG;
	*ret_size = found;
	return 0;
}

/* Of the decoder; the largest preset, -9, takes 65 MiB. */
#define LZMA_MEMORY_MAX        (256ULL << 20)
#define LZMA_ALONE_HEADER_SIZE 13

/* The header: properties, size of the dictionary, size of the content. */
int lzma_find_end(const uint8_t *data, size_t size, size_t *ret_size)
{
	uint32_t dictionary;

	if (size < LZMA_ALONE_HEADER_SIZE)
		return -EBADMSG;
	memcpy(&dictionary, data + 1, sizeof(dictionary));
	if (le32toh(dictionary) > LZMA_MEMORY_MAX)
		return -E2BIG;
	*ret_size = 0;
	return 0;
}

/* How much memory the block takes whose header is at @data. */
static int check_xz_block(const uint8_t *data, size_t size, lzma_check check)
{
	lzma_filter filters[LZMA_FILTERS_MAX + 1];
	lzma_block block = { .check = check, .filters = filters };
	uint64_t memory;

	/* Its size comes first; 0 would be that of an index. */
	block.header_size = size > 0 && data[0] > 0 ? lzma_block_header_size_decode(data[0]) : 0;
	if (block.header_size == 0 || block.header_size > size ||
	    lzma_block_header_decode(&block, NULL, data) != LZMA_OK)
		return -EBADMSG;
	memory = lzma_raw_decoder_memusage(filters);
	for (size_t i = 0; i < LZMA_FILTERS_MAX; i++)
		free(filters[i].options);
	return memory > LZMA_MEMORY_MAX ? -E2BIG : 0;
}

/* The blocks of a stream, of which the index tells where they are. */
static int check_xz_blocks(const lzma_index *index, lzma_check check, const uint8_t *data,
			   size_t size)
{
	lzma_index_iter iter;
	int r = 0;

	lzma_index_iter_init(&iter, index);
	while (r >= 0 && !lzma_index_iter_next(&iter, LZMA_INDEX_ITER_BLOCK)) {
		uint64_t offset = iter.block.compressed_stream_offset;

		r = offset < size ? check_xz_block(data + offset, size - offset, check) : -EBADMSG;
	}
	return r;
}

/*
 * Whether a stream of exactly @size bytes may end there: its index accounts for all of them.
 * *@budget is how many bytes of indexes may still be read. 1, 0, or an error.
 */
static int check_xz_stream(const uint8_t *data, size_t size, uint64_t *budget)
{
	uint64_t memory = LZMA_MEMORY_MAX;
	const uint8_t *footer;
	lzma_stream_flags flags;
	lzma_index *index;
	size_t position = 0;
	int r = 0;

	if (size < 2UL * LZMA_STREAM_HEADER_SIZE)
		return 0;
	footer = data + size - LZMA_STREAM_HEADER_SIZE;
	if (lzma_stream_footer_decode(&flags, footer) != LZMA_OK ||
	    flags.backward_size > size - 2UL * LZMA_STREAM_HEADER_SIZE ||
	    flags.backward_size > *budget)
		return 0;
	*budget -= flags.backward_size;
	if (lzma_index_buffer_decode(&index, &memory, NULL, footer - flags.backward_size, &position,
				     flags.backward_size) != LZMA_OK)
		return 0;
	if (lzma_index_stream_size(index) == size) {
		r = check_xz_blocks(index, flags.check, data, size);
		r = r < 0 ? r : 1;
	}
	lzma_index_end(index, NULL);
	return r;
}

/*
 * Only the decoder knows where a block ends, so this looks for the end of the footer. Data may
 * hold the same two bytes, and even a whole stream, stored; but that one is shorter. Indexes do not
 * overlap, so that reading more than @size bytes of them means that most are forged.
 */
int xz_find_end(const uint8_t *data, size_t size, size_t *ret_size)
{
	const uint8_t *at = data, *end = data + size;
	uint64_t budget = size;

	while ((at = memmem(at, (size_t)(end - at), "YZ", 2))) {
		size_t length = (size_t)(at - data) + 2;
		int r = length % 4 == 0 ? check_xz_stream(data, length, &budget) : 0;

		if (r < 0)
			return r;
		if (r > 0) {
			*ret_size = length;
			return 0;
		}
		at++;
	}
	return -EBADMSG;
}

bool xz_is_whole(const uint8_t *data, size_t size)
{
	uint64_t budget = size;

	return check_xz_stream(data, size, &budget) > 0;
}

/* What is left to walk over; @is_cut once it was to go beyond the end. */
struct walk {
	const uint8_t *data;
	size_t size, position;
	bool is_cut;
};

static void skip(struct walk *walk, uint64_t size)
{
	if (size > walk->size - walk->position)
		walk->is_cut = true;
	else
		walk->position += size;
}

/* The bytes there, and skips them; zeros beyond the end. */
static void take(struct walk *walk, void *buffer, size_t size)
{
	size_t at = walk->position;

	skip(walk, size);
	if (walk->is_cut)
		memset(buffer, 0, size);
	else
		memcpy(buffer, walk->data + at, size);
}

static uint8_t take_byte(struct walk *walk)
{
	uint8_t value;

	take(walk, &value, sizeof(value));
	return value;
}

static uint32_t take_le32(struct walk *walk)
{
	uint32_t value;

	take(walk, &value, sizeof(value));
	return le32toh(value);
}

static uint32_t take_be32(struct walk *walk)
{
	uint32_t value;

	take(walk, &value, sizeof(value));
	return be32toh(value);
}

static int finish(const struct walk *walk, size_t *ret_size)
{
	if (walk->is_cut)
		return -EBADMSG;
	*ret_size = walk->position;
	return 0;
}

/* From lzop's conf.h; lib/decompress_unlzo.c of the kernel knows them as well. */
#define LZOP_MAGIC_SIZE    9
#define LZOP_VERSION_LEVEL 0x0940 /* from this one on there are a level and times of 64 bits */
#define LZOP_ADLER32_D     0x00000001U
#define LZOP_ADLER32_C     0x00000002U
#define LZOP_EXTRA_FIELD   0x00000040U
#define LZOP_CRC32_D       0x00000100U
#define LZOP_CRC32_C       0x00000200U
#define LZOP_FILTER        0x00000800U

static uint32_t skip_lzop_header(struct walk *walk)
{
	unsigned int version;
	uint32_t flags;

	skip(walk, LZOP_MAGIC_SIZE);
	version = (unsigned int)take_byte(walk) << 8;
	version |= take_byte(walk);
	skip(walk, 2); /* version of the library */
	/* The version that is needed, method, level; before that, the method alone. */
	skip(walk, version >= LZOP_VERSION_LEVEL ? 4 : 1);
	flags = take_be32(walk);
	if (flags & LZOP_FILTER)
		skip(walk, 4);
	skip(walk, version >= LZOP_VERSION_LEVEL ? 12 : 8); /* mode, times */
	skip(walk, take_byte(walk));                        /* name */
	skip(walk, 4);                                      /* checksum */
	if (flags & LZOP_EXTRA_FIELD)
		skip(walk, (uint64_t)take_be32(walk) + 4);
	return flags;
}

int lzop_find_end(const uint8_t *data, size_t size, size_t *ret_size)
{
	struct walk walk = { .data = data, .size = size };
	uint32_t flags = skip_lzop_header(&walk), unpacked;

	while (!walk.is_cut && (unpacked = take_be32(&walk)) > 0) {
		uint32_t packed = take_be32(&walk);

		skip(&walk, flags & LZOP_ADLER32_D ? 4 : 0);
		skip(&walk, flags & LZOP_CRC32_D ? 4 : 0);
		/* A block that would not shrink is stored, and has no second checksum. */
		if (packed < unpacked) {
			skip(&walk, flags & LZOP_ADLER32_C ? 4 : 0);
			skip(&walk, flags & LZOP_CRC32_C ? 4 : 0);
		}
		skip(&walk, packed);
	}
	return finish(&walk, ret_size);
}

/* From lz4_Frame_format.md. */
#define LZ4_MAGIC_SIZE            4
#define LZ4_FLAG_DICTIONARY       0x01
#define LZ4_FLAG_CONTENT_CHECKSUM 0x04
#define LZ4_FLAG_CONTENT_SIZE     0x08
#define LZ4_FLAG_BLOCK_CHECKSUM   0x10
#define LZ4_BLOCK_STORED          0x80000000U
#define LZ4_LEGACY_BLOCK_MAX      (8U << 20)
/* What a block of the legacy format takes at most when it would not shrink. */
#define LZ4_LEGACY_PACKED_MAX (LZ4_LEGACY_BLOCK_MAX + LZ4_LEGACY_BLOCK_MAX / 255 + 16)

int lz4_find_end(const uint8_t *data, size_t size, size_t *ret_size)
{
	struct walk walk = { .data = data, .size = size };
	uint32_t block;
	uint8_t flags;

	skip(&walk, LZ4_MAGIC_SIZE);
	flags = take_byte(&walk);
	skip(&walk, 1); /* largest block */
	skip(&walk, flags & LZ4_FLAG_CONTENT_SIZE ? 8 : 0);
	skip(&walk, flags & LZ4_FLAG_DICTIONARY ? 4 : 0);
	skip(&walk, 1); /* checksum of the above */
	while (!walk.is_cut && (block = take_le32(&walk)) > 0) {
		skip(&walk, block & ~LZ4_BLOCK_STORED);
		skip(&walk, flags & LZ4_FLAG_BLOCK_CHECKSUM ? 4 : 0);
	}
	skip(&walk, flags & LZ4_FLAG_CONTENT_CHECKSUM ? 4 : 0);
	return finish(&walk, ret_size);
}

/* This form has no mark at its end: it goes on until there is no size of a block, or no file. */
int lz4_legacy_find_end(const uint8_t *data, size_t size, size_t *ret_size)
{
	struct walk walk = { .data = data, .size = size };

	skip(&walk, LZ4_MAGIC_SIZE);
	while (!walk.is_cut && walk.size - walk.position >= sizeof(uint32_t)) {
		struct walk ahead = walk;
		uint32_t block = take_le32(&ahead);

		if (block == 0 || block > LZ4_LEGACY_PACKED_MAX)
			break;
		skip(&ahead, block);
		walk = ahead;
	}
	return finish(&walk, ret_size);
}
