/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each access to an ELF file is checked here, and nowhere else, against the size of the file. */
#include "image/elf/elf-bytes.h"

#include <endian.h>
#include <string.h>

#include "base/macro.h"

bool elf_bytes_hold(const struct elf_bytes *bytes, uint64_t offset, uint64_t size)
{
	return offset <= bytes->size && size <= bytes->size - offset;
}

bool elf_bytes_get_number(const struct elf_bytes *bytes, uint64_t offset, size_t width,
			  uint64_t *ret_value)
{
	uint64_t value = 0;

	if (!elf_bytes_hold(bytes, offset, width))
		return false;
	memcpy(&value, bytes->data + offset, width);
	*ret_value = bytes->is_big_endian ? be64toh(value) >> (64 - 8 * width) : le64toh(value);
	return true;
}

const char *elf_bytes_get_string(const struct elf_bytes *bytes, uint64_t offset, uint64_t limit)
{
	limit = MIN(limit, bytes->size);
	if (offset >= limit || !memchr(bytes->data + offset, '\0', limit - offset))
		return NULL;
	return (const char *)bytes->data + offset;
}
