/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The header of an entry in a cpio archive, "newc": all its numbers are eight hexadecimal digits.
 */
#include "image/reader/newc-header.h"

#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

#define MAGIC_SIZE   6
#define FIELD_DIGITS 8

bool newc_header_parse(const char text[static NEWC_HEADER_SIZE], struct newc_header *ret_header)
{
	struct newc_header header = { .has_checksum = memcmp(text, "070702", MAGIC_SIZE) == 0 };
	uint32_t *const fields[] = {
		&header.inode,        &header.mode,       &header.uid,        &header.gid,
		&header.nlink,        &header.mtime,      &header.size,       &header.device_major,
		&header.device_minor, &header.rdev_major, &header.rdev_minor, &header.name_size,
		&header.checksum,
	};
	char digits[FIELD_DIGITS + 1] = { 0 };

	if (!header.has_checksum && memcmp(text, "070701", MAGIC_SIZE) != 0)
		return false;
	text += MAGIC_SIZE;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++, text += FIELD_DIGITS) {
		memcpy(digits, text, FIELD_DIGITS);
		if (strspn(digits, "0123456789abcdefABCDEF") != FIELD_DIGITS)
			return false;
		*fields[i] = (uint32_t)strtoul(digits, NULL, 16);
	}
	*ret_header = header;
	return true;
}

unsigned int newc_padding(uint64_t size)
{
	return (unsigned int)(-size % NEWC_ALIGNMENT);
}
