/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel itself resolves the path (openat2(2), Linux 5.6), so nothing can lead out of the root,
 * whatever happens to the tree meanwhile.
 */
#include "base/open-in-root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* With "..", the kernel gives up if anything anywhere is renamed meanwhile. */
#define ATTEMPTS 64

int open_in_root(int root_fd, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)(flags | O_CLOEXEC),
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
	};
	int r = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && r == -EAGAIN; i++) {
		/* glibc has no wrapper. */
		long fd = syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

		r = fd < 0 ? -errno : (int)fd;
	}
	return r;
}
