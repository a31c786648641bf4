/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/cmdline.h"

struct children;
struct consoles;
struct fsck;
struct loop;
struct strbuf;

/* What all checks share. */
struct fsck_context {
	struct loop *loop;
	struct children *children;
	struct consoles *consoles;
	enum fsck_mode mode;
	enum fsck_repair repair;
};

enum fsck_state {
	FSCK_RUNNING,
	FSCK_PASSED, /* or could not be made: it may be mounted */
	FSCK_FAILED,
};

/*
 * Begins to check the file system of @type on @node, which will be mounted on @path ("/" is the
 * root), with fsck.@type as a child. What that says goes to the log; for how it ended, see
 * fsck_get_state() after each batch of events. @ret_fsck is NULL if nothing is to be checked,
 * because of fsck.mode=, because such a file system never is, or as this image has no checker for
 * it, which is told. @context stays referenced. 0, or a negative errno of starting the child.
 */
int fsck_begin(const struct fsck_context *context, const char *path, const char *node,
	       const char *type, struct fsck **ret_fsck);

/* Asks a checker that is still running to end, which one that is repairing does in its own time. */
struct fsck *fsck_free(struct fsck *fsck);

enum fsck_state fsck_get_state(const struct fsck *fsck);

/* Why it failed, a sentence; only in FSCK_FAILED. */
const char *fsck_get_reason(const struct fsck *fsck);

/* Appends "the check of the root on /dev/sda1 (34 %)". */
void fsck_describe(const struct fsck *fsck, struct strbuf *buf);
