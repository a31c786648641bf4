/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "image/reader/contents.h"

/* An image with all that it holds, in memory. A zeroed struct is empty and valid. */
struct loaded_image {
	char *path;    /* "-" for standard input */
	uint64_t size; /* of the file, in bytes; 0 if it cannot be told */
	struct contents contents;
};

#define _cleanup_loaded_image_ __attribute__((cleanup(loaded_image_done)))

/* Reads the image at @path, as contents_load() does and with its errors. */
int loaded_image_read(const char *path, contents_wants_cb wants_data,
		      struct loaded_image *ret_image);
void loaded_image_done(struct loaded_image *image);

/*
 * How many bytes of the file one of its archives takes: those up to the next archive that does not
 * share a compressed stream with it.
 */
uint64_t loaded_image_stored_size(const struct loaded_image *image,
				  const struct contents_segment *segment);
