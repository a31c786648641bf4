/* SPDX-License-Identifier: GPL-2.0-or-later */
/* xz, as small as it gets. The kernel checks CRC32 and nothing else (Documentation/staging/xz.rst).
 */
#include <errno.h>
#include <lzma.h>
#include <stdlib.h>

#include "base/log.h"
#include "image/writer/compress-format.h"

#define BUFFER_SIZE (128 * 1024)

/* Blocks make work for several threads. Fixed, as their size shows in the result. */
#define BLOCK_SIZE      (8 * 1024 * 1024)
#define DICTIONARY_SIZE (1024 * 1024) /* the kernel has to allocate it */

struct stream {
	lzma_stream lzma;
	uint8_t buffer[BUFFER_SIZE];
};

static void close_stream(struct compressor *compressor)
{
	struct stream *stream = compressor->stream;

	if (stream)
		lzma_end(&stream->lzma);
	free(stream);
}

static int open_stream(struct compressor *compressor)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	lzma_options_lzma options;
	lzma_filter filters[] = {
		{ .id = LZMA_FILTER_LZMA2, .options = &options },
		{ .id = LZMA_VLI_UNKNOWN },
	};
	lzma_mt threads = {
		.threads = compressor->workers,
		.block_size = BLOCK_SIZE,
		.filters = filters,
		.check = LZMA_CHECK_CRC32,
	};

	if (!stream)
		return -ENOMEM;
	compressor->stream = stream;
	if (lzma_lzma_preset(&options, (uint32_t)compressor->level))
		return -EINVAL;
	options.dict_size = DICTIONARY_SIZE;
	return lzma_stream_encoder_mt(&stream->lzma, &threads) == LZMA_OK ? 0 : -ENOMEM;
}

static int write_stream(struct compressor *compressor, const void *data, size_t size, bool is_last)
{
	struct stream *stream = compressor->stream;
	lzma_ret status;
	size_t made;

	stream->lzma.next_in = data;
	stream->lzma.avail_in = size;
	do {
		int r;

		stream->lzma.next_out = stream->buffer;
		stream->lzma.avail_out = BUFFER_SIZE;
		status = lzma_code(&stream->lzma, is_last ? LZMA_FINISH : LZMA_RUN);
		if (status != LZMA_OK && status != LZMA_STREAM_END) {
			log_err("liblzma cannot compress the image (error %d), giving up",
				(int)status);
			return status == LZMA_MEM_ERROR ? -ENOMEM : -EIO;
		}
		made = BUFFER_SIZE - stream->lzma.avail_out;
		r = made ? sink_write(&compressor->sink, stream->buffer, made) : 0;
		if (r < 0)
			return r;
	} while (is_last ? status != LZMA_STREAM_END : stream->lzma.avail_in > 0);
	return 0;
}

const struct compress_format compress_xz = {
	.name = "xz",
	.min_level = 1,
	.default_level = 6,
	.max_level = 9,
	.open = open_stream,
	.write = write_stream,
	.close = close_stream,
};
