/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes an image apart as unpack_to_rootfs() of the kernel's init/initramfs.c does, which decides
 * what an initramfs is: zeros are skipped; a digit begins a plain archive, the magic of a
 * compression a stream, in which there are again zeros and archives; anything else is junk.
 *
 * libarchive does the unpacking (compressed-stream.c), but not the archives. Its reader of cpio is
 * for backups: it searches junk for the next header, allocates what a name says is its size, up to
 * 4 GiB, compares each file of several names with all before, does not look at checksums, and does
 * not know that archives follow each other. Here, bytes come from one window (image-window.c), and
 * nothing is kept but a name and a target.
 *
 * This is stricter than the kernel in one thing: an archive must end with its trailer. Without
 * one the kernel has no way to tell that half of an image is missing; here it is an error.
 */
#include "image/reader/image-reader.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/reader/image-file.h"
#include "image/reader/image-window.h"
#include "image/reader/newc-header.h"

#define MEMBERS_MAX 1000000 /* some fifty times what the largest images have */

struct image_reader {
	struct image_window window;
	bool is_mapped; /* what the window is on, by image_reader_open() */
	bool is_in_archive;
	size_t archive_offset; /* in the file; that of its stream if there is one */
	unsigned int n_archives, n_members;
	uint64_t member_position; /* where its header was, for messages */
	struct newc_header header;
	uint64_t content_left;
	size_t lent; /* of the content, to the caller, and not consumed before it comes back */
	unsigned int padding;
	uint32_t sum;
	char *entry_name;   /* PATH_MAX bytes */
	char *entry_target; /* PATH_MAX bytes */
	int error;          /* once there is one, it stays */
};

/* Says that @what, a sentence's end, is so of the member at hand. */
static int damaged(const struct image_reader *reader, const char *what)
{
	return image_window_damaged(&reader->window, reader->member_position, what);
}

/* The next bytes of the member at hand, at least one, as there must be more. */
static ssize_t peek_content(struct image_reader *reader, const uint8_t **ret_data)
{
	ssize_t available = image_window_peek(&reader->window, ret_data);

	return available ? available
			 : damaged(reader,
				   "is an entry that goes beyond the end; it has been cut off");
}

/*
 * Takes exactly @size bytes of the member at hand, which must be there. Without @buffer they are
 * skipped; in a plain archive that costs nothing.
 */
static int take(struct image_reader *reader, void *buffer, uint64_t size)
{
	uint8_t *to = buffer;

	while (size > 0) {
		const uint8_t *from;
		ssize_t available = peek_content(reader, &from);
		size_t part;
		int r;

		if (available < 0)
			return (int)available;
		part = (size_t)MIN((uint64_t)available, size);
		if (to)
			to = mempcpy(to, from, part);
		r = image_window_consume(&reader->window, part);
		if (r < 0)
			return r;
		size -= part;
	}
	return 0;
}

static int read_name(struct image_reader *reader)
{
	uint32_t size = reader->header.name_size;
	int r;

	if (size == 0 || size > PATH_MAX)
		return damaged(reader, "is an entry whose name is of a length that no name has");
	r = take(reader, reader->entry_name, size);
	if (r < 0)
		return r;
	if (reader->entry_name[size - 1] != '\0')
		return damaged(reader, "is an entry whose name does not end");
	return take(reader, NULL, newc_padding(NEWC_HEADER_SIZE + size));
}

static int read_target(struct image_reader *reader)
{
	uint64_t size = reader->content_left;
	int r;

	if (size >= PATH_MAX)
		return damaged(reader, "is a symbolic link whose target is longer than any path");
	r = take(reader, reader->entry_target, size);
	if (r < 0)
		return r;
	reader->entry_target[size] = '\0';
	reader->content_left = 0;
	return 0;
}

/* Reads a header with its name and leaves the content to come. */
static int read_member(struct image_reader *reader)
{
	char header[NEWC_HEADER_SIZE];
	const uint8_t *data;
	ssize_t available;
	int r;

	reader->member_position = image_window_position(&reader->window);
	available = image_window_peek(&reader->window, &data);
	if (available < 0)
		return (int)available;
	if (available == 0)
		return damaged(reader, "an archive ends without its trailer; it has been cut off");
	r = take(reader, header, sizeof(header));
	if (r < 0)
		return r;
	if (!newc_header_parse(header, &reader->header))
		return damaged(reader, "there should be an entry of an archive, and there is none");
	if (++reader->n_members > MEMBERS_MAX) {
		log_err("%s has more than %d files, which no initramfs has; giving up",
			reader->window.name, MEMBERS_MAX);
		return -EBADMSG;
	}
	reader->content_left = reader->header.size;
	reader->padding = newc_padding(reader->content_left);
	reader->sum = 0;
	return read_name(reader);
}

/* Takes back what the caller has been lent. */
static int take_back(struct image_reader *reader)
{
	size_t size = reader->lent;

	reader->lent = 0;
	return image_window_consume(&reader->window, size);
}

/* What the caller has not read of the member at hand. */
static int skip_rest(struct image_reader *reader)
{
	int r;

	r = take_back(reader);
	if (r >= 0)
		r = take(reader, NULL, reader->content_left + reader->padding);
	reader->content_left = 0;
	reader->padding = 0;
	return r;
}

static void fill_entry(const struct image_reader *reader, struct image_entry *ret_entry)
{
	const struct newc_header *header = &reader->header;

	*ret_entry = (struct image_entry){
		.name = reader->entry_name,
		.mode = header->mode,
		.uid = header->uid,
		.gid = header->gid,
		.size = header->size,
		.mtime = header->mtime,
		.rdev = makedev(header->rdev_major, header->rdev_minor),
		.nlink = header->nlink,
		.inode = header->inode,
		.device = makedev(header->device_major, header->device_minor),
		.target = S_ISLNK(header->mode) ? reader->entry_target : NULL,
		.segment = reader->n_archives - 1,
	};
}

/* The next entry of the archive at hand: 1, 0 at its trailer, or an error. */
static int next_in_archive(struct image_reader *reader, struct image_entry *ret_entry)
{
	int r;

	r = skip_rest(reader);
	if (r < 0)
		return r;
	r = read_member(reader);
	if (r < 0)
		return r;
	if (str_equal(reader->entry_name, NEWC_TRAILER)) {
		reader->is_in_archive = false;
		return skip_rest(reader);
	}
	if (S_ISLNK(reader->header.mode)) {
		r = read_target(reader);
		if (r < 0)
			return r;
	}
	fill_entry(reader, ret_entry);
	return 1;
}

static void begin_archive(struct image_reader *reader)
{
	uint64_t position = image_window_position(&reader->window);

	if (position % NEWC_ALIGNMENT != 0)
		log_warn("%s: the kernel will not find the archive %s, which is no multiple of "
			 "four; reading it nevertheless",
			 reader->window.name,
			 image_window_describe(&reader->window, position).text);
	reader->is_in_archive = true;
	reader->archive_offset = reader->window.position;
	reader->n_archives++;
}

/* Where no archive begins, a stream must. */
static int begin_stream(struct image_reader *reader)
{
	int r = image_window_begin_stream(&reader->window);

	if (r != -EINVAL)
		return r;
	if (reader->n_archives > 0)
		return image_window_damaged(&reader->window, reader->window.position,
					    "there is neither an archive nor a compressed stream");
	log_err("%s is no initramfs image: it begins with neither an archive nor a compressed "
		"stream",
		reader->window.name);
	return -EBADMSG;
}

/* Goes on to where an archive begins: 1, 0 at the end of the image, or an error. */
static int find_archive(struct image_reader *reader)
{
	struct image_window *window = &reader->window;

	for (;;) {
		const uint8_t *data;
		ssize_t available = image_window_skip_zeros(window, &data);
		int r = 0;

		if (available < 0)
			return (int)available;
		if (available == 0 && !window->stream)
			return 0;
		if (available == 0) {
			image_window_end_stream(window);
			continue;
		}
		if (*data == '0') {
			begin_archive(reader);
			return 1;
		}
		if (window->stream)
			return image_window_damaged(window, image_window_position(window),
						    "there is no archive");
		r = begin_stream(reader);
		if (r < 0)
			return r;
	}
}

static int find_next(struct image_reader *reader, struct image_entry *ret_entry)
{
	int r;

	for (;;) {
		if (!reader->is_in_archive) {
			r = find_archive(reader);
			if (r <= 0)
				return r;
		}
		r = next_in_archive(reader, ret_entry);
		if (r != 0)
			return r;
	}
}

int image_reader_next(struct image_reader *reader, struct image_entry *ret_entry)
{
	int r;

	if (reader->error < 0)
		return reader->error;
	r = find_next(reader, ret_entry);
	if (r < 0)
		reader->error = r;
	return r;
}

/* Adds up what an archive with checksums says of its content; a sum that is wrong is an error. */
static int check_sum(struct image_reader *reader, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		reader->sum += data[i];
	if (reader->content_left == 0 && reader->sum != reader->header.checksum)
		return damaged(reader,
			       "is an entry whose content does not have the checksum it should");
	return 0;
}

/* Lends the next bytes of content, of which there are some. */
static ssize_t lend(struct image_reader *reader, const uint8_t **ret_data)
{
	ssize_t available;
	int r;

	r = take_back(reader);
	if (r < 0)
		return r;
	available = peek_content(reader, ret_data);
	if (available < 0)
		return available;
	reader->lent = (size_t)MIN((uint64_t)available, reader->content_left);
	reader->content_left -= reader->lent;
	r = reader->header.has_checksum ? check_sum(reader, *ret_data, reader->lent) : 0;
	return r < 0 ? r : (ssize_t)reader->lent;
}

ssize_t image_reader_read(struct image_reader *reader, const void **ret_data)
{
	const uint8_t *data = NULL;
	ssize_t size;

	if (reader->error < 0)
		return reader->error;
	if (!S_ISREG(reader->header.mode) || reader->content_left == 0)
		return 0;
	size = lend(reader, &data);
	if (size < 0)
		reader->error = (int)size;
	*ret_data = data;
	return size;
}

bool image_reader_is_plain(const struct image_reader *reader)
{
	return !reader->window.stream;
}

const char *image_reader_compression(const struct image_reader *reader)
{
	return reader->window.compression;
}

uint64_t image_reader_segment_offset(const struct image_reader *reader)
{
	return reader->archive_offset;
}

struct image_reader *image_reader_free(struct image_reader *reader)
{
	if (reader) {
		if (reader->is_mapped)
			image_file_unmap(reader->window.data, reader->window.size);
		image_window_done(&reader->window);
		free(reader->entry_name);
		free(reader->entry_target);
		free(reader);
	}
	return NULL;
}

void image_reader_cleanup(struct image_reader **reader)
{
	*reader = image_reader_free(*reader);
}

/* So that what is no image at all is known before the caller has begun anything. */
static int check_beginning(struct image_reader *reader)
{
	const uint8_t *data;
	ssize_t available = image_window_skip_zeros(&reader->window, &data);

	if (available == 0) {
		log_err("%s is no initramfs image: it is empty", reader->window.name);
		return -EBADMSG;
	}
	return *data == '0' ? 0 : begin_stream(reader);
}

int image_reader_open_memory(const void *data, size_t size, const char *name,
			     struct image_reader **ret_reader)
{
	_cleanup_image_reader_ struct image_reader *reader = calloc(1, sizeof(*reader));
	int r;

	if (!reader)
		return -ENOMEM;
	reader->entry_name = malloc(PATH_MAX);
	reader->entry_target = malloc(PATH_MAX);
	if (!reader->entry_name || !reader->entry_target)
		return -ENOMEM;
	r = image_window_init(&reader->window, data, size, name);
	if (r >= 0)
		r = check_beginning(reader);
	if (r < 0)
		return r;
	*ret_reader = TAKE_PTR(reader);
	return 0;
}

int image_reader_open(const char *path, struct image_reader **ret_reader)
{
	const void *data;
	size_t size;
	int r;

	r = image_file_map(path, &data, &size);
	if (r < 0)
		return r;
	r = image_reader_open_memory(data, size, path, ret_reader);
	if (r < 0)
		image_file_unmap(data, size);
	else
		(*ret_reader)->is_mapped = true;
	return r;
}
