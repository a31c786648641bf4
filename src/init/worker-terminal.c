/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/worker-terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static int visit(const char *name, int name_size, terminal_cb callback, void *userdata)
{
	_cleanup_close_ int fd = -1;
	char path[64];

	if (snprintf(path, sizeof(path), "/dev/%.*s", name_size, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? -errno : callback(userdata, fd);
}

int terminals_visit(const char *names, terminal_cb callback, void *userdata)
{
	int r = 0;

	for (names += strspn(names, " "); r >= 0 && *names; names += strspn(names, " ")) {
		size_t size = strcspn(names, " ");

		r = visit(names, (int)size, callback, userdata);
		names += size;
	}
	return r;
}
