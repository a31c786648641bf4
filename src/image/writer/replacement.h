/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * A new file that takes the place of an old one as a whole, or not at all, whatever happens
 * meanwhile: the process is killed, the disk is full, others do the same at the same time.
 */
struct replacement {
	char *path;       /* of the file to be replaced, links followed */
	const char *name; /* its last component */
	char *temporary;  /* the name of the new file as long as it is not in place, or NULL */
	int dir_fd;       /* the directory of both, locked */
	int fd;           /* the new file, for writing and reading; nobody else may read it */
};

/* Before replacement_begin(), and after replacement_done(). */
#define REPLACEMENT_NONE               \
	(struct replacement)           \
	{                              \
		.dir_fd = -1, .fd = -1 \
	}

/*
 * Whether @path can be replaced: not if it is no regular file, nor if nothing can be written beside
 * it, nor, unless @is_forced, if what it has is no initramfs. 0, -ENOMEM, or a negative errno,
 * logged.
 */
int replacement_check_target(const char *path, bool is_forced);

/*
 * Waits for others that replace files in the same directory, removes what those have left behind
 * that were killed, and makes the new file, empty, beside the old one. Errors have been logged,
 * except for -ENOMEM.
 */
int replacement_begin(const char *path, struct replacement *ret_replacement);

/* The path of the new file as long as it is not in place; the caller's to free. NULL without
 * memory. */
char *replacement_get_path(const struct replacement *replacement);

/*
 * Makes sure as far as one can tell that @size bytes can be written; older images, "NAME.old" and
 * "NAME.orig", are given up for it, what another tool made last. -ENOSPC, logged, if not.
 */
int replacement_reserve(const struct replacement *replacement, uint64_t size);

/*
 * Whether the old file has the very bytes of the new one, and is as private, so that nothing needs
 * to be replaced, and "NAME.old" is still what was there before.
 */
bool replacement_is_same(const struct replacement *replacement);

/*
 * Syncs the new file and puts it in place; the old one becomes "NAME.old" if there is room for one
 * more file of @size bytes, and what has been there by that name goes, or becomes "NAME.orig" if
 * another tool made it. Errors have been logged, except for -ENOMEM; unless the message says
 * that the file is in place, the old one still is.
 */
int replacement_commit(struct replacement *replacement, uint64_t size);

/* Removes the new file unless it is in place, and lets others go on. */
void replacement_done(struct replacement *replacement);
