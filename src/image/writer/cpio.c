/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The archive format that the kernel unpacks: cpio "newc",
 * Documentation/driver-api/early-userspace/ buffer-format.rst. It knows neither files nor the tree;
 * it turns headers and bytes into bytes. libarchive could do the same, with an object filled in for
 * each entry and its blocks of a tape drive turned off: no less code than the header below.
 *
 * Whatever differs from one build to the next is normalised: owner and group are root, inode
 * numbers count up from 1, times are one given time, devices are 0:0. Nothing is hard-linked.
 */
#include "image/writer/cpio.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/macro.h"
#include "image/reader/newc-header.h"

#define MAGIC      "070701"
#define BLOCK_SIZE 512 /* a following archive, or the boot loader, may want it whole */

void cpio_init(struct cpio *cpio, struct sink sink, uint32_t mtime)
{
	*cpio = (struct cpio){ .sink = sink, .mtime = mtime };
}

static int put(struct cpio *cpio, const void *data, size_t size)
{
	cpio->offset += size;
	return sink_write(&cpio->sink, data, size);
}

static int pad(struct cpio *cpio, unsigned int alignment)
{
	static const char zeros[BLOCK_SIZE];
	size_t missing = (size_t)(-cpio->offset % alignment);

	return missing ? put(cpio, zeros, missing) : 0;
}

static int put_header(struct cpio *cpio, const struct cpio_entry *entry, uint32_t inode,
		      uint32_t mtime)
{
	uint32_t name_size = (uint32_t)strlen(entry->path) + 1;
	const uint32_t fields[] = {
		inode,
		entry->mode,
		0, /* owner */
		0, /* group */
		S_ISDIR(entry->mode) ? 2 : 1,
		mtime,
		(uint32_t)entry->size,
		0, /* device that holds it: major, minor */
		0,
		major(entry->rdev),
		minor(entry->rdev),
		name_size,
		0, /* checksum, which this format has none of */
	};
	char header[sizeof(MAGIC) + 8 * ARRAY_SIZE(fields)] = MAGIC;
	size_t size = strlen(MAGIC);
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++, size += 8)
		(void)snprintf(header + size, sizeof(header) - size, "%08" PRIX32, fields[i]);
	r = put(cpio, header, size);
	if (r >= 0)
		r = put(cpio, entry->path, name_size);
	return r < 0 ? r : pad(cpio, NEWC_ALIGNMENT);
}

int cpio_begin(struct cpio *cpio, const struct cpio_entry *entry)
{
	struct cpio_entry relative = *entry;

	while (*relative.path == '/')
		relative.path++;
	/* The kernel skips entries whose name, terminator included, is longer. */
	if (strlen(relative.path) >= PATH_MAX)
		return -ENAMETOOLONG;
	if (entry->size > UINT32_MAX)
		return -EFBIG;
	cpio->entry_left = entry->size;
	return put_header(cpio, &relative, ++cpio->last_inode, cpio->mtime);
}

int cpio_append(struct cpio *cpio, const void *data, size_t size)
{
	if (size > cpio->entry_left)
		return -EFBIG;
	cpio->entry_left -= size;
	return size ? put(cpio, data, size) : 0;
}

int cpio_end(struct cpio *cpio)
{
	return cpio->entry_left ? -EIO : pad(cpio, NEWC_ALIGNMENT);
}

int cpio_finish(struct cpio *cpio)
{
	int r = put_header(cpio, &(struct cpio_entry){ .path = NEWC_TRAILER }, 0, 0);

	return r < 0 ? r : pad(cpio, BLOCK_SIZE);
}
