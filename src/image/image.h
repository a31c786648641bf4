/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "image/tree.h"

/*
 * Writes the tree as a compressed archive to @path, which has the old content or the new at any
 * time. Nobody but the owner can ever read it. @mtime is every file's time, in seconds since 1970.
 * A negative errno has been logged, except for -ENOMEM. Unless that message says that the image is
 * in place, @path is as it was; nothing else is left behind.
 */
int image_write(const struct tree *tree, const char *path, uint32_t mtime, uint64_t *ret_size);
