/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Reads any initramfs image that the kernel would unpack, whoever made it: newc archives, each
 * plain or inside a compressed stream, one after the other, with zeros between them.
 *
 * The file is not trusted. Memory is bounded whatever it says; so is what it may unpack to.
 */
struct image_reader;

struct image_entry {      /* strings are valid until the next call of image_reader_next() */
	const char *name; /* as stored; see image-path.h */
	mode_t mode;      /* type and permissions as in stat(2) */
	uid_t uid;
	gid_t gid;
	uint64_t size; /* as stored; see below */
	int64_t mtime; /* seconds since 1970 */
	dev_t rdev;    /* of a device */
	unsigned int nlink;
	uint64_t inode;
	dev_t device;         /* the number of the inode is one of this device */
	const char *target;   /* of a symbolic link, else NULL */
	unsigned int segment; /* which archive of the image, counted from 0 */
};

/*
 * An archive stores a file with several names (nlink > 1) once for each, with the same segment,
 * device and inode; only one of them, the first or the last, has the content, and the others have
 * size 0. What follows it in an image replaces an entry of the same path.
 */

#define _cleanup_image_reader_ __attribute__((cleanup(image_reader_cleanup)))

/*
 * The file at @path, or with "-" standard input. 0, -EBADMSG for what is no image, -ENOMEM, or the
 * errors of open(2), mmap(2) and standard_input_open(); logged except for -ENOMEM.
 */
int image_reader_open(const char *path, struct image_reader **ret_reader);

/* The same of bytes in memory, which are the caller's; @name is for messages. */
int image_reader_open_memory(const void *data, size_t size, const char *name,
			     struct image_reader **ret_reader);

struct image_reader *image_reader_free(struct image_reader *reader);
void image_reader_cleanup(struct image_reader **reader);

/*
 * Goes on to the next entry. 1, 0 at the end, or, logged except for -ENOMEM and to stay: -EBADMSG
 * if the image is damaged, cut off, or unpacks to more than any could; -ENOENT if it needs a
 * program that cannot be run.
 */
int image_reader_next(struct image_reader *reader, struct image_entry *ret_entry);

/*
 * The next bytes of the regular file at hand, where they lie: how many there are, 0 at its end, or
 * the errors of image_reader_next(). In a plain archive that is all of them at once, and they stay
 * valid as long as the reader; in a compressed stream, until the next call.
 */
ssize_t image_reader_read(struct image_reader *reader, const void **ret_data);

/* Whether the segment at hand is a plain archive. */
bool image_reader_is_plain(const struct image_reader *reader);

/* Of the segment at hand: "none", "zstd", … */
const char *image_reader_compression(const struct image_reader *reader);

/* Where in the file the segment at hand begins, or the compressed stream that it is in. */
uint64_t image_reader_segment_offset(const struct image_reader *reader);
