/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "image/reader/compressed-stream.h"

/*
 * The bytes of an image in the order in which the kernel comes by them: those of the file and, from
 * where a compressed stream begins to its end, those that it unpacks to. However many there are,
 * only few are in memory, and of all streams together there are no more than any machine could use.
 */
struct image_window {
	char *name;                       /* of the image, for messages */
	const uint8_t *data;              /* of the file, which are the caller's */
	size_t size;                      /* of the file */
	size_t position;                  /* in the file; where the stream began if there is one */
	struct compressed_stream *stream; /* NULL outside of streams */
	const char *compression;          /* "none" outside of streams */
	uint64_t stream_position;         /* in what the stream unpacks to */
	uint64_t unpacked;                /* of all streams so far */
	unsigned int n_streams;           /* so far */
};

/* Begins with the first byte of the file. 0 or -ENOMEM. */
int image_window_init(struct image_window *window, const void *data, size_t size, const char *name);
void image_window_done(struct image_window *window);

/*
 * The bytes that are next, where they lie: how many there are at once, 0 at the end of the stream
 * or, outside of streams, of the file; or the errors of compressed_stream_peek().
 */
ssize_t image_window_peek(struct image_window *window, const uint8_t **ret_data);

/* Goes on by @size of these. 0, or -EBADMSG, logged, if the image unpacks to too much. */
int image_window_consume(struct image_window *window, size_t size);

/* Goes on by all zeros that are next; what follows them is as image_window_peek() says. */
ssize_t image_window_skip_zeros(struct image_window *window, const uint8_t **ret_data);

/*
 * From here on, the bytes are those of the compressed stream that begins here. -EINVAL, not logged,
 * if none does, -EBADMSG, logged, if it is one too many, or the errors of compressed_stream_open().
 */
int image_window_begin_stream(struct image_window *window);

/* At the end of a stream: back to the file, behind it. */
void image_window_end_stream(struct image_window *window);

/* Where the next byte is, in what the stream unpacks to or else in the file. */
uint64_t image_window_position(const struct image_window *window);

/* Where @position is, as "at byte 5 of what the zstd stream at byte 7 holds". */
struct image_position {
	char text[128];
};
struct image_position image_window_describe(const struct image_window *window, uint64_t position);

/* -EBADMSG, having said that the image is damaged, as @what, a sentence's end, is at @position. */
int image_window_damaged(const struct image_window *window, uint64_t position, const char *what);
