/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files as distributions compress them, as a whole into memory: for where their content itself is
 * wanted, of modules and microcode, or for a kernel that cannot decompress firmware.
 */
#include "image/modules/decompress.h"

#include <errno.h>
#include <limits.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/reader/stream-end.h"

#define CHUNK_SIZE    65536
#define STEP_SIZE     1024 /* what is decoded before someone is asked whether it is enough */
#define XZ_MEMORY_MAX (128ULL << 20) /* the kernel takes dictionaries of up to 64 MiB */

/* Takes what a decoder has made; 0 or -EFBIG. */
static int take(struct strbuf *content, const void *data, size_t size, size_t *left)
{
	if (size > *left)
		return -EFBIG;
	*left -= size;
	strbuf_append_bytes(content, data, size);
	return 0;
}

static void cleanup_zstd(ZSTD_DCtx **context)
{
	(void)ZSTD_freeDCtx(*context);
}

static int decode_zstd(const char *data, size_t size, size_t max, struct strbuf *content)
{
	_cleanup_(cleanup_zstd) ZSTD_DCtx *context = ZSTD_createDCtx();
	ZSTD_inBuffer in = { data, size, 0 };
	size_t wanted = 1;
	char chunk[CHUNK_SIZE];

	if (!context)
		return -ENOMEM;
	for (;;) {
		ZSTD_outBuffer out = { chunk, sizeof(chunk), 0 };
		int r;

		wanted = ZSTD_decompressStream(context, &out, &in);
		if (ZSTD_isError(wanted))
			return -EBADMSG;
		r = take(content, chunk, out.pos, &max);
		if (r < 0)
			return r;
		/* A chunk that is not full: all that the input so far gives is out. */
		if (in.pos == in.size && out.pos < out.size)
			return wanted == 0 ? 0 : -EBADMSG;
	}
}

static int decode_xz(const char *data, size_t size, size_t max, struct strbuf *content)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	lzma_ret result = lzma_stream_decoder(&stream, XZ_MEMORY_MAX, LZMA_CONCATENATED);
	char chunk[CHUNK_SIZE];
	int r = 0;

	if (result != LZMA_OK)
		return -ENOMEM;
	stream.next_in = (const uint8_t *)data;
	stream.avail_in = size;
	while (r >= 0 && result == LZMA_OK) {
		stream.next_out = (uint8_t *)chunk;
		stream.avail_out = sizeof(chunk);
		result = lzma_code(&stream, LZMA_FINISH);
		r = take(content, chunk, sizeof(chunk) - stream.avail_out, &max);
	}
	lzma_end(&stream);
	if (r < 0)
		return r;
	if (result == LZMA_MEM_ERROR)
		return -ENOMEM;
	return result == LZMA_STREAM_END ? 0 : -EBADMSG;
}

static int decode_gzip(char *data, size_t size, size_t max, struct strbuf *content)
{
	z_stream stream = { .next_in = (Bytef *)data, .avail_in = (uInt)size };
	int result, r = 0;
	char chunk[CHUNK_SIZE];

	if (size > UINT_MAX)
		return -EFBIG;
	/* 16: with the header of gzip. */
	result = inflateInit2(&stream, 16 + MAX_WBITS);
	if (result != Z_OK)
		return -ENOMEM;
	while (r >= 0 && result == Z_OK) {
		stream.next_out = (Bytef *)chunk;
		stream.avail_out = sizeof(chunk);
		result = inflate(&stream, Z_NO_FLUSH);
		r = take(content, chunk, sizeof(chunk) - stream.avail_out, &max);
	}
	(void)inflateEnd(&stream);
	if (r < 0)
		return r;
	if (result == Z_MEM_ERROR)
		return -ENOMEM;
	return result == Z_STREAM_END ? 0 : -EBADMSG;
}

int decompress_file(const char *path, enum stored_as stored, size_t max, struct strbuf *content)
{
	_cleanup_free_ char *data = NULL;
	size_t size, left = max;
	int r;

	r = file_read(path, max, &data, &size);
	if (r < 0)
		return r;
	if (stored == STORED_ZSTD)
		r = decode_zstd(data, size, max, content);
	else if (stored == STORED_XZ)
		r = decode_xz(data, size, max, content);
	else if (stored == STORED_GZIP)
		r = decode_gzip(data, size, max, content);
	else
		r = take(content, data, size, &left);
	return r >= 0 && content->failed ? -ENOMEM : r;
}

/* A checksum would be that of the whole, so it need not be made. */
static int decode_xz_until(const char *data, size_t size, content_test_fn is_enough, void *userdata,
			   struct strbuf *content)
{
	lzma_stream stream = LZMA_STREAM_INIT;
	bool has_enough = false;
	char step[STEP_SIZE];
	lzma_ret result;

	result = lzma_stream_decoder(&stream, XZ_MEMORY_MAX, LZMA_IGNORE_CHECK);
	if (result != LZMA_OK)
		return -ENOMEM;
	stream.next_in = (const uint8_t *)data;
	stream.avail_in = size;
	while (result == LZMA_OK && !has_enough && !content->failed) {
		stream.next_out = (uint8_t *)step;
		stream.avail_out = sizeof(step);
		result = lzma_code(&stream, LZMA_FINISH);
		strbuf_append_bytes(content, step, sizeof(step) - stream.avail_out);
		has_enough = is_enough(content, userdata);
	}
	lzma_end(&stream);
	return content->failed || result == LZMA_MEM_ERROR ? -ENOMEM : has_enough;
}

int decompress_xz_until(const char *path, size_t max, content_test_fn is_enough, void *userdata,
			struct strbuf *content)
{
	_cleanup_free_ char *data = NULL;
	size_t size;
	int r;

	r = file_read(path, max, &data, &size);
	if (r < 0)
		return r;
	/* The decoder, which will not come to the end, does not know whether there is one. */
	if (!xz_is_whole((const uint8_t *)data, size))
		return -EBADMSG;
	return decode_xz_until(data, size, is_enough, userdata, content);
}
