/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lz4, fast to unpack. The kernel reads the legacy format only (lib/decompress_unlz4.c, and
 * lz4_Frame_format.md of lz4): a magic number, then blocks of up to 8 MiB, each behind its size.
 * liblz4 writes the blocks, but has no function for that frame.
 */
#include <endian.h>
#include <errno.h>
#include <lz4.h>
#include <lz4hc.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "image/writer/compress-format.h"

#define LEGACY_MAGIC 0x184C2102
#define BLOCK_SIZE   (8 * 1024 * 1024)

struct stream {
	bool has_begun;
	size_t filled; /* of the block under construction */
	char block[BLOCK_SIZE];
	char compressed[LZ4_COMPRESSBOUND(BLOCK_SIZE)];
};

static void close_stream(struct compressor *compressor)
{
	free(compressor->stream);
}

static int open_stream(struct compressor *compressor)
{
	compressor->stream = calloc(1, sizeof(struct stream));
	return compressor->stream ? 0 : -ENOMEM;
}

static int write_number(struct compressor *compressor, uint32_t number)
{
	uint32_t little_endian = htole32(number);

	return sink_write(&compressor->sink, &little_endian, sizeof(little_endian));
}

static int write_block(struct compressor *compressor)
{
	struct stream *stream = compressor->stream;
	int size, r = 0;

	if (!stream->has_begun)
		r = write_number(compressor, LEGACY_MAGIC);
	stream->has_begun = true;
	if (r < 0 || !stream->filled)
		return r;
	size = LZ4_compress_HC(stream->block, stream->compressed, (int)stream->filled,
			       (int)sizeof(stream->compressed), compressor->level);
	if (size <= 0)
		return -ENOMEM; /* its one way to fail, as the buffer is large enough */
	stream->filled = 0;
	r = write_number(compressor, (uint32_t)size);
	return r < 0 ? r : sink_write(&compressor->sink, stream->compressed, (size_t)size);
}

static int write_stream(struct compressor *compressor, const void *data, size_t size, bool is_last)
{
	struct stream *stream = compressor->stream;
	const char *rest = data;
	int r = 0;

	while (r >= 0 && size > 0) {
		size_t n = MIN(size, BLOCK_SIZE - stream->filled);

		memcpy(stream->block + stream->filled, rest, n);
		stream->filled += n;
		rest += n;
		size -= n;
		if (stream->filled == BLOCK_SIZE)
			r = write_block(compressor);
	}
	return r >= 0 && is_last ? write_block(compressor) : r;
}

const struct compress_format compress_lz4 = {
	.name = "lz4",
	.min_level = LZ4HC_CLEVEL_MIN,
	.default_level = LZ4HC_CLEVEL_DEFAULT,
	.max_level = LZ4HC_CLEVEL_MAX,
	.open = open_stream,
	.write = write_stream,
	.close = close_stream,
};
