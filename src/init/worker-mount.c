/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts the root, or something on a directory of the root. A failure comes back as a sentence that
 * names what was tried.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/open-in-root.h"
#include "base/str.h"
#include "kindling/image-layout.h"

/* The path of an open file, for calls that take nothing else: nothing can be put in between. */
struct fd_path {
	char text[32];
};

static struct fd_path fd_path(int fd)
{
	struct fd_path path;

	(void)snprintf(path.text, sizeof(path.text), "/proc/self/fd/%d", fd);
	return path;
}

static bool is_root(const char *path)
{
	return str_equal(path, "/");
}

/* Says what was tried, in words that tell a missing driver from a missing disk. */
static int fail_mount(const struct worker_message *request, int error, struct worker_message *reply)
{
	const char *source = worker_message_get(request, 0), *path = worker_message_get(request, 1);
	const char *types = worker_message_get(request, 2), *data = worker_message_get(request, 3);
	const char *on = is_root(path) ? "" : " on ";

	if (is_root(path))
		path = "";
	if ((error == -ENODEV || error == -EINVAL) && str_equal(types, "auto"))
		return worker_message_fail(
			reply, error,
			"cannot mount %s%s%s: no file system that this kernel knows is on it",
			source, on, path);
	if (error == -ENODEV)
		return worker_message_fail(reply, error,
					   "cannot mount %s%s%s: this kernel has no driver for %s",
					   source, on, path, types);
	return worker_message_fail(reply, error, "cannot mount %s%s%s%s%s%s%s: %s", source, on,
				   path, *types ? " as " : "", types, *data ? " with options " : "",
				   data, strerror(-error));
}

/* A mount that is tried. */
struct attempt {
	const struct worker_message *request;
	struct fd_path target;
	char type[64];
	unsigned long flags;
	int error; /* of those that failed; the one of a type that has a driver tells more */
};

static bool mount_as(struct attempt *attempt, const char *type, size_t size, unsigned long flags)
{
	const char *source = worker_message_get(attempt->request, 0);
	const char *data = worker_message_get(attempt->request, 3);

	attempt->flags = flags;
	(void)snprintf(attempt->type, sizeof(attempt->type), "%.*s", (int)size, type);
	if (mount(source, attempt->target.text, attempt->type, flags, *data ? data : NULL) == 0)
		return true;
	/* A medium or a file system that is never written to. */
	if ((errno == EACCES || errno == EROFS) && !(flags & MS_RDONLY))
		return mount_as(attempt, type, size, flags | MS_RDONLY);
	if (errno != ENODEV)
		attempt->error = -errno;
	return false;
}

/* Each file system on disks that the kernel has, silently: most are not what is there. */
static bool mount_as_any(struct attempt *attempt)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/filesystems", "re");
	bool is_mounted = false;
	char line[128];

	while (file && !is_mounted && fgets(line, sizeof(line), file)) {
		const char *type = str_after_prefix(line, "\t");

		if (type)
			is_mounted = mount_as(attempt, type, strcspn(type, "\n"),
					      attempt->request->number | MS_SILENT);
	}
	return is_mounted;
}

/* Tries the comma-separated types in turn. */
static int mount_any(struct attempt *attempt)
{
	const char *types = worker_message_get(attempt->request, 2), *type;
	bool is_mounted = false;
	size_t size;

	while (!is_mounted && (type = str_next_item(&types, &size))) {
		if (str_item_is(type, size, "auto"))
			is_mounted = mount_as_any(attempt);
		else
			is_mounted = mount_as(attempt, type, size, attempt->request->number);
	}
	return is_mounted ? 0 : attempt->error;
}

/* A directory of the root on another one. */
static int mount_bind(const struct worker_message *request, int root, int target)
{
	const unsigned long binding = MS_BIND | MS_REC, flags = (unsigned long)request->number;
	_cleanup_close_ int source = open_in_root(root, worker_message_get(request, 0), O_PATH);
	_cleanup_close_ int bound = -1;

	if (source < 0)
		return source;
	if (mount(fd_path(source).text, fd_path(target).text, NULL, flags & binding, NULL) < 0)
		return -errno;
	if (!(flags & ~binding))
		return 0;
	/* What else is asked for takes a second call, for what now lies above the target. */
	bound = open_in_root(root, worker_message_get(request, 1), O_PATH);
	if (bound < 0)
		return bound;
	return mount(NULL, fd_path(bound).text, NULL, MS_REMOUNT | (flags & ~(unsigned long)MS_REC),
		     NULL) < 0
		       ? -errno
		       : 0;
}

/* Opens where the root is, or is to be, and what to mount on. */
static int open_target(const char *path, int *ret_root, int *ret_target)
{
	if (mkdir(IMAGE_SYSROOT, 0755) < 0 && errno != EEXIST)
		return -errno;
	*ret_root = open(IMAGE_SYSROOT, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_root < 0)
		return -errno;
	*ret_target = open_in_root(*ret_root, path, O_PATH);
	return *ret_target < 0 ? *ret_target : 0;
}

int worker_mount(const struct worker_message *request, struct worker_message *reply)
{
	const char *source = worker_message_get(request, 0), *path = worker_message_get(request, 1);
	struct attempt attempt = { .request = request, .flags = request->number, .error = -ENODEV };
	_cleanup_close_ int root = -1, target = -1;
	int r;

	r = open_target(path, &root, &target);
	if (r < 0)
		return worker_message_fail(reply, r,
					   "cannot mount %s on %s, which cannot be opened: %s",
					   source, is_root(path) ? IMAGE_SYSROOT : path,
					   strerror(-r));
	attempt.target = fd_path(target);
	r = request->number & MS_BIND ? mount_bind(request, root, target) : mount_any(&attempt);
	if (r < 0)
		return fail_mount(request, r, reply);
	reply->number = attempt.flags;
	return worker_message_add(reply, attempt.type);
}
