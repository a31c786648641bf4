/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The file systems of the kernel's own that everything else reads from. The flags are those that
 * systemd mounts with, because it keeps what it finds mounted; /run must allow execution for
 * /run/initramfs/shutdown.
 */
#include "init/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"

static const struct {
	const char *target, *type, *data;
	unsigned long flags;
} early_mounts[] = {
	{ "/dev", "devtmpfs", "mode=0755", MS_NOSUID | MS_STRICTATIME },
	{ "/proc", "proc", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV },
	{ "/sys", "sysfs", NULL, MS_NOSUID | MS_NOEXEC | MS_NODEV },
	{ "/run", "tmpfs", "mode=0755", MS_NOSUID | MS_NODEV | MS_STRICTATIME },
};

/* A mount point is on another device than the directory above it, here always "/". */
static int is_mount_point(const char *path)
{
	struct stat st, above;

	if (stat(path, &st) < 0 || stat("/", &above) < 0)
		return -errno;
	return st.st_dev != above.st_dev;
}

int mounts_set_up(void)
{
	int first_error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(early_mounts); i++) {
		const char *target = early_mounts[i].target;

		(void)mkdir(target, 0755);
		if (is_mount_point(target) > 0)
			continue;
		if (mount(early_mounts[i].type, target, early_mounts[i].type, early_mounts[i].flags,
			  early_mounts[i].data) < 0 &&
		    errno != EBUSY && first_error == 0)
			first_error = -errno;
	}
	return first_error;
}

void mounts_open_stdio(void)
{
	_cleanup_close_ int fd = -1;

	fd = open("/dev/console", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Blocking again: a program that inherits these does not expect otherwise. */
	(void)fcntl(fd, F_SETFL, 0);
	for (int target = STDIN_FILENO; target <= STDERR_FILENO; target++)
		if (fd != target)
			(void)dup2(fd, target);
	if (fd <= STDERR_FILENO)
		(void)fcntl(TAKE_FD(fd), F_SETFD, 0);
}
