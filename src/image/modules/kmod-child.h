/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * What libkmod does with indexes that may be damaged is done in a child process, with limits on
 * time and output: libkmod maps an index and, before v34, follows its offsets and counts without
 * checking them, so that a damaged file makes it crash or go in circles; then that is the child's
 * end, and nothing worse.
 */

/* How the child's work may end. */
enum kmod_child_result {
	KMOD_CHILD_DONE = 0,
	KMOD_CHILD_FAILED = 1,
	KMOD_CHILD_NOT_LOADED = 2, /* libkmod cannot open the indexes */
	KMOD_CHILD_DIED = 3,       /* it crashed or took too long: for the parent only */
};

/* Runs in the child, and writes what it has to say to @fd. */
typedef enum kmod_child_result (*kmod_child_cb)(const void *userdata, int fd);

/*
 * Has a child do @work, and waits for its end. 0 with how it ended, and if that is KMOD_CHILD_DONE
 * with what it wrote, the caller's to free; or a negative errno.
 */
int kmod_child_run(kmod_child_cb work, const void *userdata, enum kmod_child_result *ret_result,
		   char **ret_text, size_t *ret_size);
