/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/strmap.h"
#include "image/reader/image-reader.h"

/*
 * What an image holds once it is unpacked, by path and without content. A zeroed index is empty and
 * valid; it is filled in the order of the image.
 */
struct image_index {
	struct strmap files; /* path to struct image_file */
	struct strmap names; /* of files with several names: which has the content */
	unsigned int n_entries;
};

struct image_file {
	mode_t mode;
	uint64_t size;       /* of the content, also where another name of the file has it */
	unsigned int number; /* the entry of the image, counted from 0, that has the content */
	char *target;        /* of a symbolic link, else NULL */
	char *group;         /* key of its names in the index; NULL if it has only one */
};

#define _cleanup_image_index_ __attribute__((cleanup(image_index_done)))

void image_index_done(struct image_index *index);

/* Reads all entries that @reader has left. Errors as image_reader_next(). */
int image_index_read(struct image_index *index, struct image_reader *reader);

/*
 * The file that @path leads to in the booted image; links are followed, also the last one. A path
 * that is not absolute begins at the root as well. -ENOENT, -ENOTDIR, -ELOOP or -ENOMEM.
 */
int image_index_resolve(const struct image_index *index, const char *path,
			const struct image_file **ret_file);
