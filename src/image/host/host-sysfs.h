/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "image/host/host-reader.h"

#define HOST_ATTRIBUTE_MAX 4097 /* a page, and the end of the string */

/*
 * Reads an attribute of @path into @buf, which is of HOST_ATTRIBUTE_MAX; without its final newline.
 * The length, or a negative errno, and then @buf is "".
 */
int host_sysfs_read(const struct host_reader *reader, const char *path, const char *name,
		    char *buf);

/* Whether @path has something of that name. */
bool host_sysfs_has(const struct host_reader *reader, const char *path, const char *name);

/*
 * Where the link @name in the directory @path leads, as a path below /sys. -ENOENT if there is
 * none, -EINVAL if it leads out of /sys, -ENOMEM.
 */
int host_sysfs_follow(const struct host_reader *reader, const char *path, const char *name,
		      char **ret_path);

/* The same, but only the name of what it leads to. */
int host_sysfs_follow_name(const struct host_reader *reader, const char *path, const char *name,
			   char **ret_name);

/*
 * The names in the directory @path that begin with @prefix, sorted and without hidden ones, char *,
 * for the caller to free; none if there is no such directory. 0 or -ENOMEM.
 */
int host_sysfs_list(const struct host_reader *reader, const char *path, const char *prefix,
		    struct vec *ret_names);

/*
 * Appends where the links in the directory @path lead whose names begin with @prefix, char *, for
 * the caller to free; what is no link, or leads out of /sys, is passed over. 0 or -ENOMEM.
 */
int host_sysfs_follow_all(const struct host_reader *reader, const char *path, const char *prefix,
			  struct vec *paths);
