/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/tree/tree.h"
#include "image/writer/cache.h"
#include "image/writer/compress.h"
#include "image/writer/readback.h"

struct image_options {
	enum compression compression; /* of the archive as a whole */
	int level;                    /* of it, or of files that are compressed one by one; or 0 */
	uint32_t mtime;               /* every file's time, in seconds since 1970 */
	unsigned int jobs;            /* threads; the image does not depend on it */
	struct cache *cache;          /* or NULL */
	const struct tree *early;     /* what the kernel wants before all else, such as microcode */
};

/* Where the fault is if an image could not be written. */
enum image_fault { IMAGE_FAULT_OUTPUT, IMAGE_FAULT_INPUT };

/*
 * Writes the tree as an archive to @fd, and notes in @readback what it then holds. A negative errno
 * has been logged, except for -ENOMEM, and then *@ret_fault is set. Blocks on the disk and on
 * threads.
 */
int image_write(const struct tree *tree, const struct image_options *options, int fd,
		struct readback *readback, uint64_t *ret_size, enum image_fault *ret_fault);
