/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/vec.h"

/*
 * Whole files at once. All of these may block as long as the file's medium does: PID 1 uses them
 * on proc, sysfs and tmpfs only. Errors are negative errno.
 */

/* Reads at most @max bytes; more is -EFBIG. The content is terminated and the caller's to free. */
int file_read(const char *path, size_t max, char **ret_data, size_t *ret_size);

/*
 * Reads a short one-line attribute relative to @dir_fd (or AT_FDCWD) into @buf, without its final
 * newline. The length, or -EFBIG if it does not fit.
 */
int file_read_attribute(int dir_fd, const char *path, char *buf, size_t size);

/* Reads @size bytes, through short reads and EINTR: how many, fewer at the end of the file only. */
ssize_t file_read_fd(int fd, void *buf, size_t size);

/* Writes all of @size bytes, through short writes and EINTR. */
int file_write_fd(int fd, const void *data, size_t size);

/* Writes @string in one go to a file that exists, such as one in proc or sysfs. */
int file_write_existing(const char *path, const char *string);

/* Creates or replaces @path as a whole: readers see the old content or the new, never a part. */
int file_publish(const char *path, const void *data, size_t size, mode_t mode);

/*
 * The names in a directory, but for "." and "..", that @is_wanted; NULL for all. They are sorted by
 * their bytes and the caller's to free.
 */
int file_list_directory(const char *path, bool (*is_wanted)(const char *name),
			struct vec *ret_names);

/* Whether a file of that name counts in a directory of drop-ins: NAME.conf, unless it is hidden. */
bool file_is_drop_in(const char *name);

/* Creates the directory @path and those above it. Existing ones are fine. */
int file_make_directories(const char *path, mode_t mode);
