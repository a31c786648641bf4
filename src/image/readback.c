/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader is that of `kindling ls`, on libarchive: it knows nothing of the tree, the cache or
 * the compressors, so what it agrees with has been written as it was meant.
 */
#include "image/readback.h"

#include <errno.h>
#include <lzma.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "image/image-reader.h"

#define READ_SIZE ((size_t)256 * 1024)

struct expectation {
	const struct tree_entry *entry;
	size_t size;
	uint64_t crc;
};

int readback_expect(struct readback *readback, const struct tree_entry *entry, size_t size,
		    uint64_t crc)
{
	struct expectation *expectation = malloc(sizeof(*expectation));
	int r;

	if (!expectation)
		return -ENOMEM;
	*expectation = (struct expectation){ entry, size, crc };
	r = vec_push(&readback->expected, expectation);
	if (r < 0)
		free(expectation);
	return r;
}

void readback_done(struct readback *readback)
{
	vec_done(&readback->expected, free);
}

static int read_content(struct image_reader *reader, const struct image_entry *found,
			uint64_t *ret_crc)
{
	_cleanup_free_ uint8_t *buffer = malloc(READ_SIZE);
	uint64_t crc = 0;
	ssize_t n;

	if (!buffer)
		return -ENOMEM;
	if (found->target) {
		*ret_crc = lzma_crc64((const uint8_t *)found->target, strlen(found->target), 0);
		return 0;
	}
	while ((n = image_reader_read(reader, buffer, READ_SIZE)) > 0)
		crc = lzma_crc64(buffer, (size_t)n, crc);
	*ret_crc = crc;
	return n < 0 ? (int)n : 0;
}

/* 1 if the entry at hand is the one that was written, 0 if not. */
static int is_as_expected(struct image_reader *reader, const struct image_entry *found,
			  const struct expectation *expectation)
{
	const struct tree_entry *entry = expectation->entry;
	_cleanup_free_ char *path = NULL;
	uint64_t crc;
	int r;

	r = image_path_normalise(found->name, &path);
	if (r == -EINVAL)
		return 0;
	if (r >= 0)
		r = read_content(reader, found, &crc);
	if (r < 0)
		return r;
	return str_equal(path, entry->path) && found->mode == entry->mode &&
	       found->rdev == entry->rdev && crc == expectation->crc &&
	       (!S_ISREG(entry->mode) || found->size == expectation->size);
}

static int log_difference(const struct replacement *replacement, const char *path)
{
	log_err("what was written is not what can be read again: the new image differs at %s, so "
		"the disk or its file system is at fault; keeping %s as it is",
		path, replacement->path);
	return -EIO;
}

static int compare(const struct readback *readback, struct image_reader *reader,
		   const struct replacement *replacement)
{
	const struct expectation *expectation;
	struct image_entry found;
	int r;

	vec_for_each(expectation, &readback->expected) {
		r = image_reader_next(reader, &found);
		if (r > 0)
			r = is_as_expected(reader, &found, expectation);
		if (r < 0)
			return r;
		if (r == 0)
			return log_difference(replacement, expectation->entry->path);
	}
	r = image_reader_next(reader, &found);
	return r > 0 ? log_difference(replacement, found.name) : r;
}

int readback_check(const struct readback *readback, const struct replacement *replacement)
{
	size_t dir_size = (size_t)(replacement->name - replacement->path);
	_cleanup_free_ char *path = NULL;
	struct image_reader *reader;
	int r;

	path = str_format("%.*s%s", (int)dir_size, replacement->path, replacement->temporary);
	if (!path)
		return -ENOMEM;
	r = image_reader_open(path, &reader);
	if (r < 0)
		return r;
	r = compare(readback, reader, replacement);
	image_reader_free(reader);
	return r;
}
