/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the bytes of an image come from: the file or the compressed stream at hand. What they mean
 * is no matter of this file, except for the zeros that may lie between all parts of an image.
 */
#include "image/reader/image-window.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

#define STREAMS_MAX  1000
#define UNPACKED_MAX (8ULL << 30) /* of all compressed streams; more fits no machine's memory */

int image_window_init(struct image_window *window, const void *data, size_t size, const char *name)
{
	*window = (struct image_window){
		.name = strdup(name),
		.data = data,
		.size = size,
		.compression = "none",
	};
	return window->name ? 0 : -ENOMEM;
}

void image_window_done(struct image_window *window)
{
	compressed_stream_free(window->stream);
	free(window->name);
	*window = (struct image_window){ 0 };
}

ssize_t image_window_peek(struct image_window *window, const uint8_t **ret_data)
{
	if (window->stream)
		return compressed_stream_peek(window->stream, ret_data);
	*ret_data = window->data + window->position;
	return (ssize_t)(window->size - window->position);
}

int image_window_consume(struct image_window *window, size_t size)
{
	if (!window->stream) {
		window->position += size;
		return 0;
	}
	compressed_stream_consume(window->stream, size);
	window->stream_position += size;
	window->unpacked += size;
	if (window->unpacked > UNPACKED_MAX) {
		log_err("%s unpacks to more than %llu GiB, which no initramfs does; giving up",
			window->name, UNPACKED_MAX >> 30);
		return -EBADMSG;
	}
	return 0;
}

ssize_t image_window_skip_zeros(struct image_window *window, const uint8_t **ret_data)
{
	ssize_t available;

	while ((available = image_window_peek(window, ret_data)) > 0) {
		ssize_t zeros = 0;
		int r;

		while (zeros < available && (*ret_data)[zeros] == 0)
			zeros++;
		r = image_window_consume(window, (size_t)zeros);
		if (r < 0)
			return r;
		if (zeros < available) {
			*ret_data += zeros;
			return available - zeros;
		}
	}
	return available;
}

int image_window_begin_stream(struct image_window *window)
{
	const uint8_t *data = window->data + window->position;
	size_t size = window->size - window->position;
	const char *compression = compressed_stream_identify(data, size);
	char origin[PATH_MAX + 64];

	if (!compression)
		return -EINVAL;
	if (++window->n_streams > STREAMS_MAX) {
		log_err("%s has more than %d compressed streams, which no initramfs has; giving up",
			window->name, STREAMS_MAX);
		return -EBADMSG;
	}
	(void)snprintf(origin, sizeof(origin), "%s at byte %zu", window->name, window->position);
	window->compression = compression;
	window->stream_position = 0;
	return compressed_stream_open(data, size, origin, &window->stream);
}

void image_window_end_stream(struct image_window *window)
{
	window->position += compressed_stream_size(window->stream);
	window->stream = compressed_stream_free(window->stream);
	window->compression = "none";
}

uint64_t image_window_position(const struct image_window *window)
{
	return window->stream ? window->stream_position : window->position;
}

struct image_position image_window_describe(const struct image_window *window, uint64_t position)
{
	struct image_position where;

	if (window->stream)
		(void)snprintf(where.text, sizeof(where.text),
			       "at byte %llu of what the %s stream at byte %zu holds",
			       (unsigned long long)position, window->compression, window->position);
	else
		(void)snprintf(where.text, sizeof(where.text), "at byte %llu",
			       (unsigned long long)position);
	return where;
}

int image_window_damaged(const struct image_window *window, uint64_t position, const char *what)
{
	log_err("%s is damaged: %s %s", window->name, image_window_describe(window, position).text,
		what);
	return -EBADMSG;
}
