/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"
#include "image/writer/cache.h"

/*
 * Gets the content of a tree's entries as the image will hold it. The caller takes one content
 * after the other, while threads read and compress ahead in bounded memory.
 */
struct packer;

struct packer_options {
	struct cache *cache;  /* may be NULL; outlives the packer */
	unsigned int workers; /* the caller is one of them; the result does not depend on it */
	int level;            /* of zstd, 0 for the default */
};

struct packed {
	const void *data; /* valid until the next packer_next() */
	size_t size;
	uint64_t checksum; /* checksum_of() of it */
};

/* @entries, of struct tree_entry *, outlive the packer. 0 or -ENOMEM. */
int packer_new(const struct vec *entries, const struct packer_options *options,
	       struct packer **ret_packer);
struct packer *packer_free(struct packer *packer);

/*
 * The content of the next entry; nothing for directories and devices. Works or waits for it. A
 * negative errno has been logged, except for -ENOMEM: the file cannot be read, or is no module
 * although its name says so.
 */
int packer_next(struct packer *packer, struct packed *ret_packed);
