/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "config/mount-options.h"

struct fs_mount;
struct fsck_context;
struct module_loader;
struct pool;
struct strbuf;

/* What all mounts share; stays referenced. */
struct fs_mount_context {
	struct pool *pool;
	struct module_loader *modules;
	const struct fsck_context *fsck;
};

/* All of it is copied. */
struct fs_mount_params {
	const char *path;       /* where, as the real init will see it; "/" is the root */
	const char *source;     /* a device, a tag, or with MS_BIND a directory of the root */
	const char *types;      /* to try, separated by commas, see below; or NULL */
	const char *found_type; /* what is on the device, "" if that is not known */
	const struct mount_options *options;
	bool is_checked; /* before it is mounted, if fsck.mode= does not say otherwise */
};

enum fs_mount_state {
	FS_MOUNT_LOADING,  /* its driver */
	FS_MOUNT_CHECKING, /* it */
	FS_MOUNT_MOUNTING,
	FS_MOUNT_MOUNTED,
	FS_MOUNT_FAILED,
};

/*
 * A file system on its way to where it belongs: its driver is loaded, it is checked, and a worker
 * mounts it. Of the types "auto" is the one that was found, and then all that the kernel has; NULL
 * is the one that was found, or all if none was. Begins with the first step. 0 or -ENOMEM.
 */
int fs_mount_new(const struct fs_mount_context *context, const struct fs_mount_params *params,
		 struct fs_mount **ret_mount);

/* What is under way goes on by itself; nothing is unmounted. */
struct fs_mount *fs_mount_free(struct fs_mount *mount);

/*
 * Goes on if it can; with @is_held no further than to have the driver. After each batch of events.
 * The state by then.
 */
enum fs_mount_state fs_mount_step(struct fs_mount *mount, bool is_held);

enum fs_mount_state fs_mount_get_state(const struct fs_mount *mount);

/* The type it was mounted as, "" for a directory; only in FS_MOUNT_MOUNTED. */
const char *fs_mount_get_type(const struct fs_mount *mount);

/* Why it failed, a sentence; only in FS_MOUNT_FAILED. */
const char *fs_mount_get_reason(const struct fs_mount *mount);

/* Appends what is being done, as something that is waited for. */
void fs_mount_describe(const struct fs_mount *mount, struct strbuf *buf);
