/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/reader/contents.h"

/* In what an entry of both images differs; of two types, nothing else is compared. */
enum change {
	CHANGE_TYPE = 1 << 0,
	CHANGE_CONTENT = 1 << 1,
	CHANGE_FORM = 1 << 2, /* of a module or firmware: compressed otherwise */
	CHANGE_TARGET = 1 << 3,
	CHANGE_MODE = 1 << 4,
	CHANGE_OWNER = 1 << 5,
	CHANGE_DEVICE = 1 << 6,
};

struct difference {
	const struct contents_entry *a, *b; /* NULL where it is not */
	unsigned int changes;               /* enum change; 0 if it is in but one of them */
	char *path; /* of B if it is in both; without the kernel's version, if that was taken out */
};

/* Two images, A and B. The entries are those of the contents. */
struct comparison {
	struct vec differences; /* struct difference, by path */
	/* Taken out of all paths, as each image has modules of another kernel; else NULL. */
	char *kver_a, *kver_b;
};

#define _cleanup_comparison_ __attribute__((cleanup(comparison_done)))

/* What stands in a path where the version of a kernel was taken out. */
#define COMPARISON_KVER "KVER"

/* 0 or -ENOMEM. Times are not compared: they tell when an image was built, not what it does. */
int comparison_make(const struct contents *a, const struct contents *b,
		    struct comparison *ret_comparison);
void comparison_done(struct comparison *comparison);
