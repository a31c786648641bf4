/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "image/reader/contents.h"
#include "image/tree/tree.h"

/*
 * What an image should hold, noted while it is written, and held against what a reader that shares
 * no code with the writer finds in the file. A zeroed readback is empty and valid.
 */
struct readback {
	struct vec expected;
};

/* Notes the next entry; @checksum is the checksum_of() of its content. @entry is borrowed. 0 or
 * -ENOMEM.
 */
int readback_expect(struct readback *readback, const struct tree_entry *entry, size_t size,
		    uint64_t checksum);

/*
 * Holds it against what the new file contains, as contents_load() has read it. 0; -EIO, logged, if
 * any of it is missing there or different, or if there is more; or -ENOMEM. @path is for the
 * message.
 */
int readback_check(const struct readback *readback, const struct contents *contents,
		   const char *path);

void readback_done(struct readback *readback);
