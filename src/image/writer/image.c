/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the tree to a file: tree → packer → cpio → (compressor →) file.
 *
 * An image is up to three archives, one after the other, as the kernel takes them: what it wants
 * early, uncompressed; files that are compressed already, uncompressed; the rest, compressed as a
 * whole. When the whole is not compressed, which is the default as modules are then compressed one
 * by one, the last two are one archive.
 */
#include "image/writer/image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "image/tree/stored-as.h"
#include "image/writer/cpio.h"
#include "image/writer/packer.h"
#include "image/writer/progress.h"

#define BUFFER_SIZE ((size_t)256 * 1024)
#define SYNC_SIZE   ((uint64_t)2 * 1024 * 1024)

struct writer {
	const struct image_options *options;
	int fd;
	uint64_t size;
	uint64_t syncing; /* up to where the disk has been asked to write */
	char *buffer;
	size_t filled;
	struct readback *readback;
	struct progress progress;
	enum image_fault fault;
};

static int log_cannot_write(int error)
{
	return log_err_errno(error, "cannot write the image, giving up");
}

/* The disk begins while the rest is packed, so that little is left for the sync at the end. */
static void begin_sync(struct writer *writer)
{
	(void)sync_file_range(writer->fd, (off_t)writer->syncing, 0, SYNC_FILE_RANGE_WRITE);
	writer->syncing = writer->size;
}

static int write_out(struct writer *writer, const void *data, size_t size)
{
	int r = file_write_fd(writer->fd, data, size);

	if (r < 0)
		return log_cannot_write(r);
	writer->size += size;
	if (writer->size - writer->syncing >= SYNC_SIZE)
		begin_sync(writer);
	return 0;
}

static int flush(struct writer *writer)
{
	size_t size = writer->filled;

	writer->filled = 0;
	return write_out(writer, writer->buffer, size);
}

/* A sink_cb. */
static int put(void *userdata, const void *data, size_t size)
{
	struct writer *writer = userdata;

	if (size > BUFFER_SIZE - writer->filled) {
		int r = flush(writer);

		if (r < 0)
			return r;
	}
	if (size > BUFFER_SIZE)
		return write_out(writer, data, size);
	memcpy(writer->buffer + writer->filled, data, size);
	writer->filled += size;
	return 0;
}

static int write_entry(struct writer *writer, struct cpio *cpio, const struct tree_entry *entry,
		       const struct packed *packed)
{
	int r;

	r = cpio_begin(cpio, &(struct cpio_entry){ .path = entry->path,
						   .mode = entry->mode,
						   .size = packed->size,
						   .rdev = entry->rdev });
	if (r == -EFBIG || r == -ENAMETOOLONG) {
		writer->fault = IMAGE_FAULT_INPUT;
		return log_err_errno(r, "the archive cannot hold %s, giving up", entry->path);
	}
	if (r >= 0)
		r = cpio_append(cpio, packed->data, packed->size);
	if (r >= 0)
		r = cpio_end(cpio);
	return r < 0 ? r : readback_expect(writer->readback, entry, packed->size, packed->checksum);
}

static int write_entries(struct writer *writer, struct cpio *cpio, const struct vec *entries)
{
	const struct packer_options options = {
		.cache = writer->options->cache,
		.workers = writer->options->jobs,
		.level = writer->options->level,
	};
	struct packer *packer;
	int r;

	r = packer_new(entries, &options, &packer);
	if (r < 0)
		return r;
	for (size_t i = 0; r >= 0 && i < entries->n_items; i++) {
		struct packed packed;

		r = packer_next(packer, &packed);
		if (r < 0)
			writer->fault = IMAGE_FAULT_INPUT;
		else
			r = write_entry(writer, cpio, entries->items[i], &packed);
		progress_step(&writer->progress);
	}
	packer_free(packer);
	return r;
}

static int write_archive(struct writer *writer, const struct vec *entries,
			 enum compression compression)
{
	/* It may be that of files which are compressed one by one, or of another archive. */
	int level = compression == COMPRESSION_NONE ? 0 : writer->options->level;
	struct sink file = { put, writer };
	struct compressor *compressor;
	struct cpio cpio;
	int r;

	r = compressor_new(compression, level, writer->options->jobs, file, &compressor);
	if (r < 0)
		return r;
	cpio_init(&cpio, (struct sink){ compressor_write, compressor }, writer->options->mtime);
	r = write_entries(writer, &cpio, entries);
	if (r >= 0)
		r = cpio_finish(&cpio);
	if (r >= 0)
		r = compressor_finish(compressor);
	compressor_free(compressor);
	return r;
}

/* The kernel looks for it at the very beginning, in a plain archive. */
static int write_early(struct writer *writer)
{
	struct vec entries;
	int r;

	r = tree_sort(writer->options->early, &entries);
	if (r < 0)
		return r;
	if (entries.n_items > 0)
		r = write_archive(writer, &entries, COMPRESSION_NONE);
	vec_done(&entries, NULL);
	return r;
}

/* Whether compressing it once more would be a waste. */
static bool is_compressed(const struct tree_entry *entry)
{
	return entry->kind == TREE_FILE && stored_as_from_name(entry->path) != STORED_PLAIN;
}

/* Directories go with what is compressed, as that comes first, and something may be in them. */
static int write_in_two(struct writer *writer, const struct vec *entries)
{
	struct vec first = { 0 }, second = { 0 };
	struct tree_entry *entry;
	bool is_needed = false;
	int r = 0;

	vec_for_each(entry, entries) {
		bool comes_first = is_compressed(entry);

		is_needed |= comes_first;
		comes_first |= entry->kind == TREE_DIRECTORY;
		r = vec_push(comes_first ? &first : &second, entry);
		if (r < 0)
			break;
	}
	if (r >= 0 && is_needed)
		r = write_archive(writer, &first, COMPRESSION_NONE);
	if (r >= 0)
		r = write_archive(writer, is_needed ? &second : entries,
				  writer->options->compression);
	vec_done(&first, NULL);
	vec_done(&second, NULL);
	return r;
}

static int write_all(struct writer *writer, const struct vec *entries)
{
	int r = write_early(writer);

	if (r >= 0 && writer->options->compression == COMPRESSION_NONE)
		r = write_archive(writer, entries, COMPRESSION_NONE);
	else if (r >= 0)
		r = write_in_two(writer, entries);
	if (r >= 0)
		r = flush(writer);
	if (r >= 0)
		begin_sync(writer);
	return r;
}

int image_write(const struct tree *tree, const struct image_options *options, int fd,
		struct readback *readback, uint64_t *ret_size, enum image_fault *ret_fault)
{
	_cleanup_free_ char *buffer = malloc(BUFFER_SIZE);
	struct writer writer = {
		.options = options,
		.fd = fd,
		.buffer = buffer,
		.readback = readback,
		.fault = IMAGE_FAULT_OUTPUT,
	};
	struct vec entries = { 0 };
	int r = buffer ? tree_sort(tree, &entries) : -ENOMEM;

	progress_begin(&writer.progress, "packing", entries.n_items);
	if (r >= 0)
		r = write_all(&writer, &entries);
	progress_end(&writer.progress);
	vec_done(&entries, NULL);
	if (r < 0)
		*ret_fault = writer.fault;
	else
		*ret_size = writer.size;
	return r;
}
