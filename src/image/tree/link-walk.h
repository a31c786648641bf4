/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* How many links one path may lead through: the kernel's own limit. */
#define LINK_WALK_MAX 40

/*
 * Path look-up in a tree that is only in memory. The function tells where the link at @path, which
 * is absolute and real, leads; NULL if there is no link.
 */
typedef const char *(*link_target_cb)(const void *userdata, const char *path);

/*
 * The path without links, "." and ".." that the absolute @path leads to, whether or not something
 * is there: "/" for the root. If the last component is a link, it is only followed if
 * @follows_last. 0, -EINVAL if @path is not absolute, -ELOOP if links go in circles, -ENOMEM.
 */
int link_walk(link_target_cb get_target, const void *userdata, const char *path, bool follows_last,
	      char **ret_path);
