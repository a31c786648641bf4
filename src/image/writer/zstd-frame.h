/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* Compresses files one by one, each into a zstd frame that says how large its content is. */
struct zstd_framer;

/* @level 0 is the default. A framer is for one thread at a time. 0 or -ENOMEM. */
int zstd_framer_new(int level, struct zstd_framer **ret_framer);
struct zstd_framer *zstd_framer_free(struct zstd_framer *framer);

/* The frame is valid until the next call. 0, -ENOMEM or -EIO. */
int zstd_framer_compress(struct zstd_framer *framer, const void *data, size_t size,
			 const void **ret_frame, size_t *ret_size);

/* Another version of the library may make other frames of the same data. */
unsigned int zstd_framer_version(void);
