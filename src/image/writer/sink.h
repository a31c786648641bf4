/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* Takes the next @size bytes of a stream. 0 or a negative errno, which ends the stream. */
typedef int (*sink_cb)(void *userdata, const void *data, size_t size);

/* Where the bytes of an archive go: a compressor, a file, a buffer in a test. */
struct sink {
	sink_cb write;
	void *userdata;
};

static inline int sink_write(const struct sink *sink, const void *data, size_t size)
{
	return sink->write(sink->userdata, data, size);
}
