/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unpacks through libarchive, which has all the decoders, with one filter and its format "raw".
 * Where the stream ends is found out before (stream-end.c) or, for the formats that libarchive
 * leaves at the right place, asked afterwards.
 *
 * The filter is set by the first bytes, as the kernel does it, and not found by libarchive, which
 * would also unpack what is packed twice. Only lzop cannot be set that way; it is often not in the
 * library but the program of that name, and then a pipe may break.
 */
#include "image/reader/compressed-stream.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/reader/archive-library.h"
#include "image/reader/stream-end.h"

struct compression {
	const char *name;
	const char *magic;
	size_t magic_size;
	int filter;
	stream_find_end_fn find_end; /* NULL: libarchive knows */
};

#define MAGIC(bytes) .magic = (bytes), .magic_size = sizeof(bytes) - 1

/* The magics of the kernel's lib/decompress.c, and the frames of lz4, which it does not take. */
static const struct compression compressions[] = {
	{ "gzip", MAGIC("\x1f\x8b"), ARCHIVE_FILTER_GZIP, NULL },
	{ "bzip2", MAGIC("BZ"), ARCHIVE_FILTER_BZIP2, NULL },
	{ "lzma", MAGIC("\x5d\x00"), ARCHIVE_FILTER_LZMA, lzma_find_end },
	{ "xz",
	  MAGIC("\xfd"
		"7zXZ\x00"),
	  ARCHIVE_FILTER_XZ, xz_find_end },
	{ "lzop", MAGIC("\x89LZO\x00\x0d\x0a\x1a\x0a"), ARCHIVE_FILTER_LZOP, lzop_find_end },
	{ "lz4", MAGIC("\x02\x21\x4c\x18"), ARCHIVE_FILTER_LZ4, lz4_legacy_find_end },
	{ "lz4", MAGIC("\x04\x22\x4d\x18"), ARCHIVE_FILTER_LZ4, lz4_find_end },
	{ "zstd", MAGIC("\x28\xb5\x2f\xfd"), ARCHIVE_FILTER_ZSTD, zstd_find_end },
};

struct compressed_stream {
	const struct compression *compression;
	const struct archive_library *library;
	struct archive *archive; /* NULL while there is no library */
	char *origin;
	size_t size; /* packed; 0 if not known yet */
	const uint8_t *block;
	size_t block_size; /* what is left of the block */
	bool is_at_end;
};

static const struct compression *find_compression(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++)
		if (size >= compressions[i].magic_size &&
		    memcmp(data, compressions[i].magic, compressions[i].magic_size) == 0)
			return &compressions[i];
	return NULL;
}

const char *compressed_stream_identify(const uint8_t *data, size_t size)
{
	const struct compression *compression = find_compression(data, size);

	return compression ? compression->name : NULL;
}

struct compressed_stream *compressed_stream_free(struct compressed_stream *stream)
{
	if (stream) {
		if (stream->archive)
			(void)stream->library->archive_read_free(stream->archive);
		free(stream->origin);
		free(stream);
	}
	return NULL;
}

static void cleanup_stream(struct compressed_stream **stream)
{
	compressed_stream_free(*stream);
}

static bool is_lzop(const struct compressed_stream *stream)
{
	return stream->compression->filter == ARCHIVE_FILTER_LZOP;
}

/* Logs @reason, or if that is NULL, what libarchive says is wrong. */
static int log_failure(const struct compressed_stream *stream, const char *reason)
{
	const char *text = reason ? reason : stream->library->archive_error_string(stream->archive);

	if (stream->library->archive_errno(stream->archive) == ENOMEM)
		return -ENOMEM;
	log_err("%s: the %s stream there is damaged or cut off (%s)", stream->origin,
		stream->compression->name, text ? text : "it ends too early");
	return -EBADMSG;
}

/*
 * What follows a stream may continue it: some tools pack in parts. For libarchive that is one
 * stream as well, but the program lzop refuses it.
 */
static int find_end(struct compressed_stream *stream, const uint8_t *data, size_t size)
{
	size_t end = 0, part;

	do {
		int r = stream->compression->find_end(data + end, size - end, &part);

		if (r == -EBADMSG)
			return log_failure(stream, "it does not come to its end");
		if (r == -E2BIG)
			return log_failure(stream, "it wants far too much memory");
		if (r < 0)
			return r;
		end += part;
	} while (part > 0 && !is_lzop(stream) &&
		 find_compression(data + end, size - end) == stream->compression);
	stream->size = end;
	return 0;
}

static int set_filter(struct compressed_stream *stream)
{
	int r;

	r = is_lzop(stream)
		    ? stream->library->archive_read_support_filter_lzop(stream->archive)
		    : stream->library->archive_read_append_filter(stream->archive,
								  stream->compression->filter);
	return r < ARCHIVE_WARN ? log_failure(stream, NULL) : 0;
}

/* While libarchive writes to a program, which may have ended: it knows how to take EPIPE. */
static void ignore_broken_pipe(const struct compressed_stream *stream, struct sigaction *ret_saved)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	if (is_lzop(stream))
		(void)sigaction(SIGPIPE, &ignore, ret_saved);
}

static void restore_broken_pipe(const struct compressed_stream *stream,
				const struct sigaction *saved)
{
	if (is_lzop(stream))
		(void)sigaction(SIGPIPE, saved, NULL);
}

static int start(struct compressed_stream *stream, const uint8_t *data, size_t size)
{
	struct archive_entry *entry;
	struct sigaction saved;
	int r;

	if (stream->library->archive_read_support_format_raw(stream->archive) != ARCHIVE_OK)
		return log_failure(stream, NULL);
	ignore_broken_pipe(stream, &saved);
	r = stream->library->archive_read_open_memory(stream->archive, data, size);
	if (r == ARCHIVE_OK)
		r = stream->library->archive_read_next_header(stream->archive, &entry);
	restore_broken_pipe(stream, &saved);
	if (r == ARCHIVE_OK)
		return 0;
	if (is_lzop(stream) && stream->library->archive_errno(stream->archive) == EINVAL) {
		log_err("%s: reading what lzop compressed needs the program lzop, which cannot be "
			"run; install it",
			stream->origin);
		return -ENOENT;
	}
	/* It speaks of archives then, having looked for one in what the decoder gave it: nothing.
	 */
	return log_failure(stream, "its beginning cannot be unpacked, or it holds nothing");
}

int compressed_stream_open(const uint8_t *data, size_t size, const char *origin,
			   struct compressed_stream **ret_stream)
{
	_cleanup_(cleanup_stream) struct compressed_stream *stream = calloc(1, sizeof(*stream));
	int r;

	if (!stream)
		return -ENOMEM;
	stream->compression = find_compression(data, size);
	if (!stream->compression)
		return -EINVAL;
	stream->origin = strdup(origin);
	stream->library = archive_library_load();
	if (!stream->library)
		return -ENOENT;
	stream->archive = stream->library->archive_read_new();
	if (!stream->origin || !stream->archive)
		return -ENOMEM;
	r = stream->compression->find_end ? find_end(stream, data, size) : 0;
	if (r < 0)
		return r;
	r = set_filter(stream);
	if (r < 0)
		return r;
	r = start(stream, data, stream->size ? stream->size : size);
	if (r < 0)
		return r;
	*ret_stream = TAKE_PTR(stream);
	return 0;
}

ssize_t compressed_stream_peek(struct compressed_stream *stream, const uint8_t **ret_data)
{
	while (stream->block_size == 0 && !stream->is_at_end) {
		const void *block = NULL;
		struct sigaction saved;
		int64_t offset;
		int r;

		ignore_broken_pipe(stream, &saved);
		r = stream->library->archive_read_data_block(stream->archive, &block,
							     &stream->block_size, &offset);
		restore_broken_pipe(stream, &saved);
		if (r == ARCHIVE_EOF) {
			stream->block_size = 0;
			stream->is_at_end = true;
		} else if (r != ARCHIVE_OK) {
			stream->block_size = 0;
			return log_failure(stream, NULL);
		}
		stream->block = block;
	}
	*ret_data = stream->block;
	return (ssize_t)stream->block_size;
}

void compressed_stream_consume(struct compressed_stream *stream, size_t size)
{
	stream->block += size;
	stream->block_size -= size;
}

size_t compressed_stream_size(const struct compressed_stream *stream)
{
	return stream->size ? stream->size
			    : (size_t)stream->library->archive_filter_bytes(stream->archive, -1);
}
