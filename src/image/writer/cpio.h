/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "image/writer/sink.h"

/* Writer of one archive; cpio_init() makes it ready, and there is nothing to release. */
struct cpio {
	struct sink sink;
	uint64_t offset;     /* written so far */
	uint64_t entry_left; /* content that the entry at hand still lacks */
	uint32_t last_inode;
	uint32_t mtime;
};

/* A leading slash of @path is dropped, as the kernel unpacks relative to its root. */
struct cpio_entry {
	const char *path;
	mode_t mode;   /* type and permissions as in stat(2) */
	uint64_t size; /* of a regular file's content, or of a link's target */
	dev_t rdev;
};

/* @mtime, in seconds since 1970, is what every entry gets. */
void cpio_init(struct cpio *cpio, struct sink sink, uint32_t mtime);

/*
 * One entry is cpio_begin(), then its content in as many cpio_append() as is convenient, then
 * cpio_end(). Besides the sink's errors: -EFBIG for a file of 4 GiB or more, or for more content
 * than announced, -ENAMETOOLONG, -EIO for less content than announced.
 */
int cpio_begin(struct cpio *cpio, const struct cpio_entry *entry);
int cpio_append(struct cpio *cpio, const void *data, size_t size);
int cpio_end(struct cpio *cpio);

/* Writes the trailer and fills up the last block. */
int cpio_finish(struct cpio *cpio);
