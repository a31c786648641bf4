/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gzip, for kernels that know nothing newer. */
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/log.h"
#include "base/macro.h"
#include "image/writer/compress-format.h"

#define WINDOW_BITS_GZIP (15 + 16) /* the largest window, in a gzip header without a time */
#define MEMORY_LEVEL     9
#define BUFFER_SIZE      (128 * 1024)

struct stream {
	z_stream zlib;
	unsigned char buffer[BUFFER_SIZE];
};

static void close_stream(struct compressor *compressor)
{
	struct stream *stream = compressor->stream;

	if (stream)
		(void)deflateEnd(&stream->zlib);
	free(stream);
}

static int open_stream(struct compressor *compressor)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return -ENOMEM;
	compressor->stream = stream;
	return deflateInit2(&stream->zlib, compressor->level, Z_DEFLATED, WINDOW_BITS_GZIP,
			    MEMORY_LEVEL, Z_DEFAULT_STRATEGY) == Z_OK
		       ? 0
		       : -ENOMEM;
}

static int write_stream(struct compressor *compressor, const void *data, size_t size, bool is_last)
{
	struct stream *stream = compressor->stream;
	const unsigned char *rest = data;

	do {
		/* zlib counts in unsigned int. */
		size_t n = MIN(size, (size_t)1 << 30);
		int status;

		stream->zlib.next_in = (unsigned char *)rest;
		stream->zlib.avail_in = (unsigned int)n;
		rest += n;
		size -= n;
		do {
			size_t made;
			int r;

			stream->zlib.next_out = stream->buffer;
			stream->zlib.avail_out = BUFFER_SIZE;
			status = deflate(&stream->zlib, is_last && !size ? Z_FINISH : Z_NO_FLUSH);
			if (status == Z_STREAM_ERROR) {
				log_err("zlib cannot compress the image, giving up");
				return -EIO;
			}
			made = BUFFER_SIZE - stream->zlib.avail_out;
			r = made ? sink_write(&compressor->sink, stream->buffer, made) : 0;
			if (r < 0)
				return r;
		} while (stream->zlib.avail_out == 0);
	} while (size > 0);
	return 0;
}

const struct compress_format compress_gzip = {
	.name = "gzip",
	.min_level = 1,
	.default_level = 6,
	.max_level = 9,
	.open = open_stream,
	.write = write_stream,
	.close = close_stream,
};
