/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Maps the file at @path, or with "-" standard input, until image_file_unmap(); an empty one is
 * NULL and no bytes. 0, -EBADMSG for what is no regular file, or the errors of open(2), mmap(2) and
 * standard_input_open(); logged except for -ENOMEM of the latter.
 */
int image_file_map(const char *path, const void **ret_data, size_t *ret_size);
void image_file_unmap(const void *data, size_t size);

/* Whether the file begins as an image does. Nothing is logged if not, or if it cannot be read. */
bool image_file_is_image(const char *path);
