/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks for the real init in the root, before anything is given up for it: once all is mounted, as
 * it may lie in /usr.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/open-in-root.h"

/* 0 if @path can be executed once @root is the root. */
static int check_init(int root, const char *path)
{
	_cleanup_close_ int fd = open_in_root(root, path, O_PATH);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOEXEC;
	return st.st_mode & 0111 ? 0 : -EACCES;
}

int worker_find_init(const struct worker_message *request, struct worker_message *reply)
{
	static const char *const usual[] = {
		"/sbin/init", "/usr/lib/systemd/systemd", "/etc/init", "/bin/init", "/bin/sh",
	};
	const char *directory = worker_message_get(request, 0);
	const char *wanted = worker_message_get(request, 1);
	_cleanup_close_ int root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return worker_message_fail(reply, -errno, "cannot enter %s: %s", directory,
					   strerror(errno));
	if (*wanted) {
		r = check_init(root, wanted);
		if (r < 0)
			return worker_message_fail(reply, r,
						   "init=%s cannot be run from the root: %s",
						   wanted, strerror(-r));
		return worker_message_add(reply, wanted);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (check_init(root, usual[i]) >= 0)
			return worker_message_add(reply, usual[i]);
	return worker_message_fail(
		reply, -ENOENT, "the root has no init: neither /sbin/init nor any other usual one");
}
