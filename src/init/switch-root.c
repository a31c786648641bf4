/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The hand-over, one linear procedure. Two ways lead to the new root:
 *
 * - pivot_root(2), where the initramfs lies above a root of its own (kernels of 2026 and later);
 * - otherwise MS_MOVE over "/", as ever since 2.6.
 *
 * Either way the files are removed one by one: seen with Linux 7.2, unmounting alone does not give
 * the memory back, and a worker that is still busy would keep it, too. Removing never leaves the
 * file system that "/" was on, and only happens if that was a ramfs or a tmpfs: nothing of the
 * user's can be reached.
 */
#include "init/switch-root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

/* Moves the kernel's own file systems; what cannot be moved is left to the real init to mount. */
static void move_mounts(const char *new_root)
{
	static const char *const mounts[] = { "/dev", "/proc", "/sys", "/run" };

	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		char target[256];

		(void)snprintf(target, sizeof(target), "%s%s", new_root, mounts[i]);
		if (mount(mounts[i], target, NULL, MS_MOVE, NULL) == 0)
			continue;
		log_warn_errno(-errno, "cannot move %s into the root, leaving it to the real init",
			       mounts[i]);
		(void)umount2(mounts[i], MNT_DETACH);
	}
}

/* Opens "/" if it is the initramfs, that is, if its content is memory and nobody else's. */
static int open_initramfs(void)
{
	_cleanup_close_ int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -1;
	if (fs.f_type != RAMFS_MAGIC && fs.f_type != TMPFS_MAGIC)
		return -1;
	return TAKE_FD(fd);
}

static void remove_contents(int directory_fd, dev_t device);

static void remove_entry(int directory_fd, const char *name, dev_t device)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (unlinkat(directory_fd, name, 0) == 0 || errno != EISDIR)
		return;
	/* The mounts in it have been moved away; one that has not is another device. */
	if (fstatat(directory_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_dev != device)
		return;
	fd = openat(directory_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		remove_contents(TAKE_FD(fd), device);
	(void)unlinkat(directory_fd, name, AT_REMOVEDIR);
}

/* Takes over @directory_fd. */
static void remove_contents(int directory_fd, dev_t device)
{
	_cleanup_closedir_ DIR *directory = fdopendir(directory_fd);
	const struct dirent *entry;

	if (!directory) {
		(void)close(directory_fd);
		return;
	}
	while ((entry = readdir(directory)))
		if (!str_equal(entry->d_name, ".") && !str_equal(entry->d_name, ".."))
			remove_entry(dirfd(directory), entry->d_name, device);
}

static void free_initramfs(int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) < 0) {
		(void)close(fd);
		return;
	}
	remove_contents(fd, st.st_dev);
}

/* Makes the current directory the root. */
static int enter_root(void)
{
	if (syscall(SYS_pivot_root, ".", ".") == 0)
		return umount2(".", MNT_DETACH) < 0 ? -errno : 0;
	/* EINVAL: the initramfs is the kernel's first root, which cannot be pivoted away. */
	if (mount(".", "/", NULL, MS_MOVE, NULL) < 0 || chroot(".") < 0)
		return -errno;
	return 0;
}

/* A new program finds what the kernel would have given it: default signals, and only stdio. */
static void reset_process(void)
{
	sigset_t none;

	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		(void)signal(signal_number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)umask(022);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
}

static int execute(const char *init, char **argv)
{
	/* Of the environment the kernel gave, only what describes the terminal is for the real
	 * init. */
	const char *term = getenv("TERM");
	char term_variable[64];
	char *const environment[] = { term ? term_variable : NULL, NULL };

	(void)snprintf(term_variable, sizeof(term_variable), "TERM=%s", term ? term : "");
	argv[0] = (char *)init;
	reset_process();
	(void)execve(init, argv, environment);
	return -errno;
}

int switch_root(const char *new_root, const char *init, char **argv)
{
	int initramfs_fd = open_initramfs();
	int r;

	/* The kernel refuses to move out of a mount that is shared. */
	(void)mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
	move_mounts(new_root);
	r = chdir(new_root) < 0 ? -errno : enter_root();
	if (r < 0) {
		(void)safe_close(initramfs_fd);
		return log_err_errno(r, "cannot make %s the root", new_root);
	}
	(void)!chdir("/");
	free_initramfs(initramfs_fd);
	return log_err_errno(execute(init, argv), "cannot execute %s", init);
}
