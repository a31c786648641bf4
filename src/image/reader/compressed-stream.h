/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A compressed stream that begins in the middle of memory and ends anywhere in it. */
struct compressed_stream;

/*
 * The name of the compression that the bytes begin with, as the kernel would recognise it:
 * "gzip", "bzip2", "lzma", "xz", "lzop", "lz4" or "zstd". NULL if it is none of them.
 */
const char *compressed_stream_identify(const uint8_t *data, size_t size);

/*
 * Begins to unpack at @data, which must stay where it is until compressed_stream_free(). @size
 * bytes are there, of which the stream may take fewer. -EINVAL if compressed_stream_identify()
 * knows none, -EBADMSG if it is cut off or damaged, -ENOENT if a program is needed that cannot be
 * run, or libarchive cannot be loaded, -ENOMEM; logged except for -ENOMEM and -EINVAL, with @origin
 * to say what this is.
 */
int compressed_stream_open(const uint8_t *data, size_t size, const char *origin,
			   struct compressed_stream **ret_stream);
struct compressed_stream *compressed_stream_free(struct compressed_stream *stream);

/*
 * The unpacked bytes that are next, at least one, in memory of the stream's: they are valid, and
 * the same are returned, until compressed_stream_consume() takes the last of them. Their number, 0
 * at the end, or -EBADMSG and -ENOMEM as above.
 */
ssize_t compressed_stream_peek(struct compressed_stream *stream, const uint8_t **ret_data);
void compressed_stream_consume(struct compressed_stream *stream, size_t size);

/* How many of the bytes given to compressed_stream_open() it was; known when its end is reached. */
size_t compressed_stream_size(const struct compressed_stream *stream);
