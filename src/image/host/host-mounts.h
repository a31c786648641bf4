/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds what the file system needs that is mounted at @path now. 1 if it is known which that is and
 * what it is on, 0 if not, -ENOMEM.
 */
int host_mounts_add(struct host_reader *reader, const char *path, const struct host_goal *goal);

/* The same of the file system that the file @path is on; what cannot be told becomes a note. */
int host_mounts_add_file(struct host_reader *reader, const char *path,
			 const struct host_goal *goal);

/*
 * Adds what a file system needs of that type, "ext4", on the device that @spec names. 1 if that was
 * found, 0 if not, -ENOMEM.
 */
int host_mounts_add_spec(struct host_reader *reader, const char *spec, const char *type,
			 const struct host_goal *goal);

/*
 * The block device that is mounted at just @path now, below /sys, and the type of the file system,
 * both for the caller to free. 1, 0 if nothing is or it is not known on what, -ENOMEM.
 */
int host_mounts_get_device(struct host_reader *reader, const char *path, char **ret_device,
			   char **ret_type);

/* The type that the block device @device is mounted as anywhere. 1, 0 if it is not, -ENOMEM. */
int host_mounts_find_type(struct host_reader *reader, const char *device, char **ret_type);

/*
 * Whether the root of the sysroot is that of the system which runs, and not of a chroot in it: 1,
 * also if that cannot be told, 0 or -ENOMEM.
 */
int host_mounts_is_root_of_init(const struct host_reader *reader);
