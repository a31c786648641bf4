/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "image/replacement.h"
#include "image/tree.h"

/*
 * What an image should hold, noted while it is written, and held against what a reader that shares
 * no code with the writer finds in the file. A zeroed readback is empty and valid.
 */
struct readback {
	struct vec expected; /* in the order of the archive */
};

/* Notes the next entry; @crc is the lzma_crc64() of its content. @entry is borrowed. 0 or -ENOMEM.
 */
int readback_expect(struct readback *readback, const struct tree_entry *entry, size_t size,
		    uint64_t crc);

/*
 * Reads the new file. 0, -ENOMEM, or a negative errno that has been logged: -EIO if it does not
 * hold what was noted.
 */
int readback_check(const struct readback *readback, const struct replacement *replacement);

void readback_done(struct readback *readback);
