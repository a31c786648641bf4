/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Variables of the firmware. Reading them calls into it, which takes what time it likes. Their file
 * system is mounted for this process alone and at no place, so there is nothing to clean up.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "config/efi-variable.h"

#define VARIABLE_SIZE_MAX 4096

static int mount_variables(void)
{
	_cleanup_close_ int fd = (int)syscall(SYS_fsopen, "efivarfs", FSOPEN_CLOEXEC);
	int mount_fd;

	if (fd < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mount_fd = (int)syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return mount_fd < 0 ? -errno : mount_fd;
}

int worker_read_efi_variable(const struct worker_message *request, struct worker_message *reply)
{
	_cleanup_close_ int directory = mount_variables(), fd = -1;
	_cleanup_free_ char *text = NULL;
	char content[VARIABLE_SIZE_MAX];
	ssize_t size;
	int r;

	if (directory < 0)
		return directory;
	fd = openat(directory, worker_message_get(request, 0), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size = read(fd, content, sizeof(content));
	if (size < 0)
		return -errno;
	r = efi_variable_decode(content, (size_t)size, &text);
	return r < 0 ? r : worker_message_add(reply, text);
}

/* Linux protects most variables from being removed by mistake. */
static int make_mutable(int fd)
{
	int flags;

	if (ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0)
		return -errno;
	flags &= ~FS_IMMUTABLE_FL;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0 ? -errno : 0;
}

int worker_remove_efi_variable(const struct worker_message *request, struct worker_message *reply)
{
	const char *name = worker_message_get(request, 0);
	_cleanup_close_ int directory = mount_variables(), fd = -1;
	int r;

	if (directory < 0)
		return directory;
	fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = make_mutable(fd);
	if (r < 0)
		return r;
	return unlinkat(directory, name, 0) < 0 ? -errno : 0;
}
