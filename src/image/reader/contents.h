/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/strmap.h"
#include "base/vec.h"

struct image_reader;

/*
 * What an image holds, in memory: every entry as it will be once the kernel has unpacked the image
 * into its empty root. A zeroed struct is empty and valid.
 */
struct contents {
	struct strmap entries;       /* path → struct contents_entry */
	struct vec segments;         /* struct contents_segment, in their order */
	struct vec files;            /* struct contents_file */
	struct image_reader *reader; /* which the data of files may belong to */
};

/* The content of a regular file; names that are hard links of one another share it. */
struct contents_file {
	uint64_t size;
	uint64_t checksum;   /* checksum_of() it */
	unsigned int number; /* the entry of the image, counted from 0, that has the content */
	const void *data;    /* if it was wanted, else NULL; not terminated */
	void *owned;         /* NULL where the data lies in the image itself */
	size_t n_names;
	/*
	 * The first of its names that begins with a letter or a digit, else the first of all: it
	 * stands for the file where that must be counted once. NULL if all have been replaced.
	 */
	const struct contents_entry *owner;
};

struct contents_entry {
	char *path; /* absolute, real: the links above it are followed */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t rdev;                 /* of a device */
	char *target;               /* of a symbolic link, else NULL */
	struct contents_file *file; /* of a regular file, else NULL */
	unsigned int segment;
	size_t n_entries; /* of a directory: how many it has */
	/*
	 * At this place of the image the directory that it belongs into is not there: the kernel
	 * drops such an entry when it unpacks the image. Microcode is stored this way at times; it
	 * is read from the image itself.
	 */
	bool lacks_directory;
};

/* One archive of those that an image is made of. */
struct contents_segment {
	char *compression; /* as image_reader_compression() names it */
	uint64_t offset;   /* in the image file: where it, or the stream that it is in, begins */
	size_t n_entries;
	uint64_t size; /* of the contents of its files, unpacked */
};

#define _cleanup_contents_ __attribute__((cleanup(contents_done)))

/* Whether to keep the bytes of the regular file at @path, which is absolute and real. */
typedef bool (*contents_wants_cb)(const char *path);

/* No file of a compressed stream whose bytes are kept may be larger. */
#define CONTENTS_DATA_MAX (256 * 1024 * 1024)

/*
 * Reads the whole image at @path. Of a name that is there twice, the later entry counts, as for the
 * kernel. @wants_data may be NULL. A negative errno has been logged, except for -ENOMEM; besides
 * those of image_reader_open() and image_reader_next(), -EBADMSG for names that lead out of the
 * image and for wanted files that are too large.
 */
int contents_load(const char *path, contents_wants_cb wants_data, struct contents *ret_contents);
void contents_done(struct contents *contents);

/* The entry at @path, or NULL; if that is a link, the link itself. Links above it are followed. */
const struct contents_entry *contents_get(const struct contents *contents, const char *path);

/* The entry that @path leads to, all links followed, or NULL. */
const struct contents_entry *contents_lookup(const struct contents *contents, const char *path);

/*
 * Where @path leads, all links followed, whether or not something is there; the caller's to free.
 * The errors of link_walk().
 */
int contents_resolve(const struct contents *contents, const char *path, char **ret_path);

/* All entries by path, directories before their content. Only the vec is the caller's to free. */
int contents_sort(const struct contents *contents, struct vec *ret_entries);

/* The bytes of all regular files, each content counted once. */
uint64_t contents_total_size(const struct contents *contents);

/* The kernels that it has modules of, as strings by name; the caller frees them and the vec. */
int contents_list_kernels(const struct contents *contents, struct vec *ret_kvers);
