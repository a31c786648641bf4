/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define NEWC_HEADER_SIZE 110
#define NEWC_TRAILER     "TRAILER!!!" /* the name of the last entry of an archive */
#define NEWC_ALIGNMENT   4            /* of headers, of content, and of the archive as a whole */

/* The numbers of an entry in an archive, in their order there. */
struct newc_header {
	uint32_t inode, mode, uid, gid, nlink, mtime, size;
	uint32_t device_major, device_minor, rdev_major, rdev_minor;
	uint32_t name_size; /* with the terminator */
	uint32_t checksum;
	bool has_checksum; /* the sum of the content's bytes, in "070702" */
};

/* Whether @text is a header, whose numbers then go to @ret_header. */
bool newc_header_parse(const char text[static NEWC_HEADER_SIZE], struct newc_header *ret_header);

/* How many zeros follow @size bytes up to the next multiple of the alignment. */
unsigned int newc_padding(uint64_t size);
