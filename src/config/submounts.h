/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/device-spec.h"
#include "config/mount-options.h"

struct boot_config;
struct fstab;
struct fstab_entry;

/* A file system that is mounted below the root before the real init runs. */
struct submount {
	struct device_spec device; /* none: @source can be mounted as it is */
	char *source;
	char *path; /* as the real init will see it */
	char *type; /* as in fstab, "auto" included */
	struct mount_options options;
	bool is_bind;    /* @source is a directory */
	bool is_checked; /* fsck is wanted */
	bool nofail;
	uint64_t device_timeout_usec; /* x-systemd.device-timeout=; USEC_INFINITY: it has none */
};

/* The root as it is mounted. */
struct submounts_root {
	const char *source; /* its device, or its tag */
	const char *type;
};

/*
 * Whether the @entry of @fstab, the root's, is mounted before the hand-over: /usr, x-initrd.mount;
 * if it is the first for its path.
 */
bool submounts_want_entry(const struct fstab *fstab, const struct fstab_entry *entry);

/*
 * What is to be mounted, in an order in which each comes after those that it lies on: of @fstab,
 * which may be empty, and of mount.usr= and its like, which replace what fstab says. /usr is
 * read-only as long as the root is, since the real init makes both writable together; the others
 * are as fstab says, since it would not. What cannot be mounted without the real init becomes a
 * warning. 0 or -ENOMEM; in both cases the caller frees @ret_submounts with submount_free().
 */
int submounts_choose(const struct boot_config *config, const struct submounts_root *root,
		     const struct fstab *fstab, struct vec *ret_submounts, struct vec *warnings);

void submount_free(void *submount);

/* Whether @submount, or the directory that is mounted there, lies on @other. */
bool submounts_lies_on(const struct submount *submount, const struct submount *other);
