/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Opens what @path leads to with the directory @root_fd for its root: absolute links and ".." lead
 * as after a chroot(2), never outside. @flags are those of open(2), to which O_CLOEXEC is added. A
 * file descriptor, or a negative errno.
 */
int open_in_root(int root_fd, const char *path, int flags);
