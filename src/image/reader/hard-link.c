/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of one file: the kernel's init/initramfs.c goes by the same three numbers. */
#include "image/reader/hard-link.h"

#include <inttypes.h>

#include "base/str.h"

char *hard_link_key(const struct image_entry *entry)
{
	return str_format("%u/%ju/%" PRIu64, entry->segment, (uintmax_t)entry->device,
			  entry->inode);
}
