/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/tree/sysroot.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/open-in-root.h"
#include "base/str.h"

int sysroot_open(const char *path, struct sysroot *ret_sysroot)
{
	struct sysroot sysroot = SYSROOT_NONE;
	_cleanup_free_ char *real = path ? realpath(path, NULL) : strdup("/");

	if (!real)
		return path ? -errno : -ENOMEM;
	if (str_equal(real, "/"))
		real[0] = '\0';
	else
		sysroot.fd = open(real, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (real[0] && sysroot.fd < 0)
		return -errno;
	sysroot.path = TAKE_PTR(real);
	*ret_sysroot = sysroot;
	return 0;
}

void sysroot_close(struct sysroot *sysroot)
{
	free(sysroot->path);
	*sysroot = (struct sysroot){ .fd = safe_close(sysroot->fd) };
}

bool sysroot_is_machine(const struct sysroot *sysroot)
{
	return sysroot->fd < 0;
}

int sysroot_resolve(const struct sysroot *sysroot, const char *path, char **ret_path)
{
	char link[32], real[PATH_MAX];
	_cleanup_close_ int fd = -1;
	ssize_t size;

	if (sysroot->fd < 0) {
		*ret_path = realpath(path, NULL);
		return *ret_path ? 0 : -errno;
	}
	fd = open_in_root(sysroot->fd, path, O_PATH);
	if (fd < 0)
		return fd;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	size = readlink(link, real, sizeof(real) - 1);
	if (size < 0)
		return -errno;
	real[size] = '\0';
	*ret_path = strdup(real);
	return *ret_path ? 0 : -ENOMEM;
}

int sysroot_resolve_parent(const struct sysroot *sysroot, const char *path, char **ret_path)
{
	const char *name = str_basename(path);
	_cleanup_free_ char *parent = strndup(path, (size_t)(name - path)), *real = NULL;
	int r;

	if (!parent)
		return -ENOMEM;
	r = sysroot_resolve(sysroot, *parent ? parent : "/", &real);
	if (r < 0)
		return r;
	*ret_path = str_format("%s/%s", str_equal(real, "/") ? "" : real, name);
	return *ret_path ? 0 : -ENOMEM;
}
