/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * The root file system that an image is built from: the machine's own, or a tree in a directory of
 * it, where absolute links and ".." lead as they would after a chroot(2).
 */
struct sysroot {
	char *path; /* as it was given, without a slash at the end; "" for the machine's own */
	int fd;     /* of the directory, or -1 for the machine's own */
};

/* Not open; closing it is fine. */
#define SYSROOT_NONE     \
	(struct sysroot) \
	{                \
		.fd = -1 \
	}

/* NULL and "/" are the machine's own. 0, -ENOMEM, or the error of open(2). */
int sysroot_open(const char *path, struct sysroot *ret_sysroot);
void sysroot_close(struct sysroot *sysroot);

/* Whether it is the machine's own root, so that /sys and /proc tell of the target. */
bool sysroot_is_machine(const struct sysroot *sysroot);

/*
 * The path by which this process reaches what @path, absolute, leads to in the sysroot; without
 * links and ".."; the caller's to free. 0, -ENOMEM, or the errors of realpath(3).
 */
int sysroot_resolve(const struct sysroot *sysroot, const char *path, char **ret_path);

/* The same, but if the last component is a link, it stays. */
int sysroot_resolve_parent(const struct sysroot *sysroot, const char *path, char **ret_path);
