/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/sysfs-device.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#define WHITESPACE " \t\n\v\f\r"

int sysfs_device_of_node(const char *sysfs, const char *node, struct sysfs_device *ret_device)
{
	const char *after = str_after_prefix(node, "/dev/"), *name = after ? after : node;
	_cleanup_free_ char *link = str_format("%s/class/block/%s", sysfs, name);
	char real_sysfs[PATH_MAX];

	if (!link)
		return -ENOMEM;
	/* The node's name has slashes where sysfs has to write '!'. */
	for (char *c = link + strlen(link) - strlen(name); *c; c++)
		if (*c == '/')
			*c = '!';
	if (!realpath(sysfs, real_sysfs) || !realpath(link, ret_device->path))
		return -errno;
	ret_device->root_size = strlen(real_sysfs) + strlen("/devices");
	return 0;
}

static int path_of(const struct sysfs_device *device, const char *attribute,
		   char ret_path[static PATH_MAX])
{
	int size = snprintf(ret_path, PATH_MAX, "%s/%s", device->path, attribute);

	return size < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static bool has_attribute(const struct sysfs_device *device, const char *attribute)
{
	char path[PATH_MAX];

	return path_of(device, attribute, path) >= 0 && access(path, F_OK) == 0;
}

/* Directories such as "block" or "nvme" are between devices, and are none. */
bool sysfs_device_up(struct sysfs_device *device)
{
	do {
		char *slash = strrchr(device->path, '/');

		if (!slash || (size_t)(slash - device->path) <= device->root_size)
			return false;
		*slash = '\0';
	} while (!has_attribute(device, "uevent"));
	return true;
}

const char *sysfs_device_name(const struct sysfs_device *device)
{
	return str_basename(device->path);
}

bool sysfs_device_is(const struct sysfs_device *device, const char *subsystem)
{
	char link[PATH_MAX], target[PATH_MAX];
	ssize_t size;

	if (path_of(device, "subsystem", link) < 0)
		return false;
	size = readlink(link, target, sizeof(target) - 1);
	if (size < 0)
		return false;
	target[size] = '\0';
	return str_equal(str_basename(target), subsystem);
}

bool sysfs_device_climb(struct sysfs_device *device, const char *subsystem)
{
	struct sysfs_device climber = *device;

	do {
		if (!sysfs_device_is(&climber, subsystem))
			continue;
		*device = climber;
		return true;
	} while (sysfs_device_up(&climber));
	return false;
}

int sysfs_device_get(const struct sysfs_device *device, const char *attribute, char *buf,
		     size_t size)
{
	char path[PATH_MAX];
	size_t leading, length;
	int r = path_of(device, attribute, path);

	if (r >= 0)
		r = file_read_attribute(AT_FDCWD, path, buf, size);
	if (r < 0)
		return r;
	leading = strspn(buf, WHITESPACE);
	length = strlen(buf) - leading;
	memmove(buf, buf + leading, length + 1);
	while (length > 0 && strchr(WHITESPACE, buf[length - 1]))
		buf[--length] = '\0';
	return (int)length;
}

int sysfs_device_get_above(const struct sysfs_device *device, const char *attribute, char *buf,
			   size_t size)
{
	struct sysfs_device climber = *device;

	do {
		int r = sysfs_device_get(&climber, attribute, buf, size);

		if (r > 0)
			return r;
	} while (sysfs_device_up(&climber));
	return -ENOENT;
}

ssize_t sysfs_device_get_bytes(const struct sysfs_device *device, const char *attribute,
			       unsigned char *buf, size_t size)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r = path_of(device, attribute, path);
	ssize_t n;

	if (r < 0)
		return r;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size);
	return n < 0 ? -errno : n;
}
