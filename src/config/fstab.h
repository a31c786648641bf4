/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "config/device-spec.h"

/* A line of fstab(5); escapes have been decoded. */
struct fstab_entry {
	char *source; /* as it was written: a device, a directory, "tmpfs", "server:/dir" */
	struct device_spec device; /* what @source names; none if that is no device or tag */
	char *path;    /* absolute, without a slash at the end; "none" and its like for swap */
	char *type;    /* "ext4", "auto", "ext4,xfs", "none" */
	char *options; /* "defaults" if not given */
	unsigned int passno; /* of fsck: 0 none, 1 for the root */
	bool is_bind;        /* bind or rbind: @source is a directory */
	bool noauto, nofail;
	bool initrd_mount; /* x-initrd.mount */
	unsigned int line;
};

struct fstab {
	struct vec entries;  /* of struct fstab_entry, in the order of their lines */
	struct vec warnings; /* see config/warnings.h: of lines that make no sense, each with its
				number */
};

/*
 * A line that makes no sense harms only itself. 0 or -ENOMEM; in both cases the caller ends with
 * fstab_done().
 */
int fstab_parse(const char *text, struct fstab *ret_fstab);

/* The first entry for @path, which is the one that mount(8) takes; or NULL. */
const struct fstab_entry *fstab_find(const struct fstab *fstab, const char *path);

void fstab_done(struct fstab *fstab);
