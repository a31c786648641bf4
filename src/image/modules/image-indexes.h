/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/reader/contents.h"

/*
 * Puts the module indexes that an image has of kernel @kver into a directory of their own below
 * $TMPDIR, as libkmod reads files only. @contents has their data. 0 and the directory, for
 * image_indexes_remove(); -ENOMEM, or a negative errno, logged. Blocks on the disk.
 */
int image_indexes_unpack(const struct contents *contents, const char *kver, char **ret_dir);

/* Removes the directory, and frees its name; NULL is fine. */
void image_indexes_remove(char *dir);
