/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "image/reader/loaded-image.h"
#include "image/report/cost-group.h"

/* Files that are counted together. */
struct cost {
	char *name;    /* of a class, else NULL */
	uint64_t size; /* in bytes, as the archive stores them */
	size_t n_files;
};

/*
 * What costs how much in an image, in which each content counts once, however many names it has.
 * Entries are those of the image, which must outlive this.
 */
struct costs {
	const struct loaded_image *image;
	struct vec files;   /* struct contents_entry of all regular files, by path */
	struct vec largest; /* the largest of these, the first the largest */
	struct cost all;
	struct cost groups[COST_GROUP_COUNT];
	struct vec classes; /* struct cost of kernel modules, the largest first */
};

#define _cleanup_costs_ __attribute__((cleanup(costs_done)))

/* Counts all of @image and finds its @n_largest largest files. 0 or -ENOMEM. */
int costs_count(const struct loaded_image *image, uint64_t n_largest, struct costs *ret_costs);
void costs_done(struct costs *costs);
