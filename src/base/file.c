/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

ssize_t file_read_fd(int fd, void *buf, size_t size)
{
	size_t have = 0;

	while (have < size) {
		ssize_t n = read(fd, (char *)buf + have, size - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		have += (size_t)n;
	}
	return (ssize_t)have;
}

int file_read(const char *path, size_t max, char **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = -1;
	_cleanup_free_ char *data = NULL;
	size_t allocated = 4096, size = 0;
	struct stat st;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* Files of proc and sysfs say nothing of their size beforehand, so grow while reading. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= max)
		allocated = MAX((size_t)st.st_size + 2, allocated);
	for (;; allocated *= 2) {
		char *larger;
		ssize_t n;

		larger = realloc(data, allocated);
		if (!larger)
			return -ENOMEM;
		data = larger;
		n = file_read_fd(fd, data + size, allocated - 1 - size);
		if (n < 0)
			return (int)n;
		size += (size_t)n;
		if (size > max)
			return -EFBIG;
		if (size < allocated - 1)
			break;
	}
	data[size] = '\0';
	*ret_data = TAKE_PTR(data);
	if (ret_size)
		*ret_size = size;
	return 0;
}

int file_read_attribute(int dir_fd, const char *path, char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;
	ssize_t n;

	fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = file_read_fd(fd, buf, size);
	if (n < 0)
		return (int)n;
	if ((size_t)n == size)
		return -EFBIG;
	if (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return (int)n;
}

int file_write_fd(int fd, const void *data, size_t size)
{
	const char *next = data;

	while (size > 0) {
		ssize_t n = write(fd, next, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		next += n;
		size -= (size_t)n;
	}
	return 0;
}

int file_write_existing(const char *path, const char *string)
{
	_cleanup_close_ int fd = -1;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return file_write_fd(fd, string, strlen(string));
}

int file_publish(const char *path, const void *data, size_t size, mode_t mode)
{
	_cleanup_close_ int fd = -1;
	char temporary[PATH_MAX];
	int r;

	if (snprintf(temporary, sizeof(temporary), "%s.new", path) >= (int)sizeof(temporary))
		return -ENAMETOOLONG;
	/* What somebody left there would lend its mode, or lead elsewhere. */
	(void)unlink(temporary);
	fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	if (fd < 0)
		return -errno;
	r = file_write_fd(fd, data, size);
	if (r >= 0 && rename(temporary, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary);
	return r;
}

bool file_is_drop_in(const char *name)
{
	return name[0] != '.' && str_has_suffix(name, ".conf");
}

int file_list_directory(const char *path, bool (*is_wanted)(const char *name),
			struct vec *ret_names)
{
	_cleanup_closedir_ DIR *dir = opendir(path);
	const struct dirent *entry;
	struct vec names = { 0 };
	int r = 0;

	if (!dir)
		return -errno;
	while (r >= 0 && (errno = 0, entry = readdir(dir))) {
		if (str_equal(entry->d_name, ".") || str_equal(entry->d_name, ".."))
			continue;
		if (!is_wanted || is_wanted(entry->d_name))
			r = vec_push_copy(&names, entry->d_name);
	}
	if (r >= 0)
		r = -errno;
	if (r < 0) {
		vec_done(&names, free);
		return r;
	}
	vec_sort_strings(&names);
	*ret_names = names;
	return 0;
}

int file_make_directories(const char *path, mode_t mode)
{
	char partial[PATH_MAX];
	size_t size = strlen(path);

	if (size >= sizeof(partial))
		return -ENAMETOOLONG;
	memcpy(partial, path, size + 1);
	for (char *slash = partial + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = '\0';
		if (mkdir(partial, mode) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	if (mkdir(path, mode) < 0 && errno != EEXIST)
		return -errno;
	return 0;
}
