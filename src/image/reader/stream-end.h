/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many of the @size bytes at @data one compressed stream takes that begins there, whatever
 * follows it; the caller knows its first bytes for those of the format. 0 in *@ret_size if only
 * the decoder can tell. Nothing is decompressed. -EBADMSG if the stream is cut off or makes no
 * sense, -E2BIG if unpacking it would take more memory than any sensible stream does, -ENOMEM.
 */
typedef int (*stream_find_end_fn)(const uint8_t *data, size_t size, size_t *ret_size);

int zstd_find_end(const uint8_t *data, size_t size, size_t *ret_size);
int lzma_find_end(const uint8_t *data, size_t size, size_t *ret_size);
int xz_find_end(const uint8_t *data, size_t size, size_t *ret_size);
int lzop_find_end(const uint8_t *data, size_t size, size_t *ret_size);
int lz4_find_end(const uint8_t *data, size_t size, size_t *ret_size);
int lz4_legacy_find_end(const uint8_t *data, size_t size, size_t *ret_size);

/* Whether these bytes, which begin as one, are a stream of xz up to their last one. */
bool xz_is_whole(const uint8_t *data, size_t size);
