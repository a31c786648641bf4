/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes, links and directories of the sysfs of a sysroot.
 *
 * A link of sysfs leads to a path that has no links itself. So where it leads is worked out from
 * its text, which takes one system call instead of one for each component.
 */
#include "image/host/host-sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/* The joined path, in @buf, which is of PATH_MAX; NULL if it is too long. */
static const char *join(char *buf, const char *path, const char *name)
{
	int size = snprintf(buf, PATH_MAX, "%s/%s", path, name);

	return size >= 0 && size < PATH_MAX ? buf : NULL;
}

int host_sysfs_read(const struct host_reader *reader, const char *path, const char *name, char *buf)
{
	char joined[PATH_MAX];
	int r = -ENAMETOOLONG;

	if (reader->sys_fd < 0)
		r = -ENOENT;
	else if (join(joined, path, name))
		r = file_read_attribute(reader->sys_fd, joined, buf, HOST_ATTRIBUTE_MAX);
	if (r < 0)
		buf[0] = '\0';
	return r;
}

bool host_sysfs_has(const struct host_reader *reader, const char *path, const char *name)
{
	char joined[PATH_MAX];

	return reader->sys_fd >= 0 && join(joined, path, name) &&
	       faccessat(reader->sys_fd, joined, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Appends the components of @target to @path, which is of PATH_MAX. */
static int append_components(char *path, const char *target)
{
	size_t used = strlen(path), size;

	for (; *target; target += size + (target[size] == '/')) {
		size = strcspn(target, "/");
		if (size == 0 || (size == 1 && target[0] == '.'))
			continue;
		if (size == 2 && str_after_prefix(target, "..")) {
			char *slash = strrchr(path, '/');

			if (used == 0)
				return -EINVAL;
			used = slash ? (size_t)(slash - path) : 0;
			path[used] = '\0';
			continue;
		}
		if (used + size + 2 > PATH_MAX)
			return -EINVAL;
		used += (size_t)sprintf(path + used, "%s%.*s", used ? "/" : "", (int)size, target);
	}
	return used ? 0 : -EINVAL;
}

/* The text of a link; @buf is of PATH_MAX. */
static int read_link(const struct host_reader *reader, const char *path, const char *name,
		     char *buf)
{
	char joined[PATH_MAX];
	ssize_t size;

	if (reader->sys_fd < 0 || !join(joined, path, name))
		return -ENOENT;
	size = readlinkat(reader->sys_fd, joined, buf, PATH_MAX - 1);
	if (size < 0)
		return -errno;
	buf[size] = '\0';
	return 0;
}

int host_sysfs_follow(const struct host_reader *reader, const char *path, const char *name,
		      char **ret_path)
{
	char target[PATH_MAX], result[PATH_MAX];
	int r = read_link(reader, path, name, target);

	if (r < 0)
		return r;
	if (target[0] == '/')
		return -EINVAL;
	(void)snprintf(result, sizeof(result), "%s", path);
	r = append_components(result, target);
	if (r < 0)
		return r;
	*ret_path = strdup(result);
	return *ret_path ? 0 : -ENOMEM;
}

int host_sysfs_follow_name(const struct host_reader *reader, const char *path, const char *name,
			   char **ret_name)
{
	char target[PATH_MAX];
	int r = read_link(reader, path, name, target);

	if (r < 0)
		return r;
	*ret_name = strdup(str_basename(target));
	return *ret_name ? 0 : -ENOMEM;
}

static DIR *open_directory(const struct host_reader *reader, const char *path)
{
	int fd = reader->sys_fd < 0 ? -1
				    : openat(reader->sys_fd, path,
					     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir)
		(void)safe_close(fd);
	return dir;
}

int host_sysfs_list(const struct host_reader *reader, const char *path, const char *prefix,
		    struct vec *ret_names)
{
	_cleanup_closedir_ DIR *dir = open_directory(reader, path);
	struct vec names = { 0 };
	struct dirent *entry;
	int r = 0;

	while (r >= 0 && dir && (entry = readdir(dir))) {
		if (entry->d_name[0] != '.' && str_after_prefix(entry->d_name, prefix))
			r = vec_push_copy(&names, entry->d_name);
	}
	if (r < 0) {
		vec_done(&names, free);
		return r;
	}
	vec_sort_strings(&names);
	*ret_names = names;
	return 0;
}

int host_sysfs_follow_all(const struct host_reader *reader, const char *path, const char *prefix,
			  struct vec *paths)
{
	struct vec names;
	const char *name;
	int r = host_sysfs_list(reader, path, prefix, &names);

	if (r < 0)
		return r;
	vec_for_each(name, &names) {
		_cleanup_free_ char *target = NULL;

		r = host_sysfs_follow(reader, path, name, &target);
		if (r >= 0)
			r = vec_push(paths, target);
		if (r == -ENOMEM)
			break;
		if (r >= 0)
			target = NULL;
	}
	vec_done(&names, free);
	return r == -ENOMEM ? r : 0;
}
