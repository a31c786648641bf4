/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mounts the root and looks for the real init in it, before anything is given up for it. A
 * failure comes back as a sentence that names what was tried.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/open-in-root.h"
#include "base/str.h"

static int fail(struct worker_message *reply, int error, const char *format, ...) _printf_(3, 4);

static int fail(struct worker_message *reply, int error, const char *format, ...)
{
	char sentence[LOG_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	worker_message_init(reply, 0, 0);
	(void)worker_message_add(reply, sentence);
	return error;
}

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

/* Adds to @reply the init that will run: the one asked for, or the first of the usual ones. */
static int find_init(const char *target, const char *wanted, struct worker_message *reply)
{
	static const char *const usual[] = {
		"/sbin/init", "/usr/lib/systemd/systemd", "/etc/init", "/bin/init", "/bin/sh",
	};
	_cleanup_close_ int root = open(target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return fail(reply, -errno, "cannot enter %s: %s", target, strerror(errno));
	if (*wanted) {
		r = check_init(root, wanted);
		if (r < 0)
			return fail(reply, r, "init=%s cannot be run from the root: %s", wanted,
				    strerror(-r));
		return worker_message_add(reply, wanted);
	}
	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (check_init(root, usual[i]) >= 0)
			return worker_message_add(reply, usual[i]);
	return fail(reply, -ENOENT,
		    "the root has no init: neither /sbin/init nor any other usual one");
}

/* Says what was tried, in words that tell a missing driver from a missing disk. */
static int fail_mount(const struct worker_message *request, int error, struct worker_message *reply)
{
	const char *source = worker_message_get(request, 0),
		   *types = worker_message_get(request, 2);
	const char *data = worker_message_get(request, 3);

	if ((error == -ENODEV || error == -EINVAL) && str_equal(types, "auto"))
		return fail(reply, error,
			    "cannot mount %s: no file system that this kernel knows is on it",
			    source);
	if (error == -ENODEV)
		return fail(reply, error, "cannot mount %s: this kernel has no driver for %s",
			    source, types);
	return fail(reply, error, "cannot mount %s as %s%s%s: %s", source, types,
		    *data ? " with options " : "", data, strerror(-error));
}

/* A mount that is tried. */
struct attempt {
	const struct worker_message *request;
	char type[64];
	unsigned long flags;
	int error; /* of those that failed; the one of a type that has a driver tells more */
};

static bool mount_as(struct attempt *attempt, const char *type, size_t size, unsigned long flags)
{
	const char *source = worker_message_get(attempt->request, 0);
	const char *target = worker_message_get(attempt->request, 1);
	const char *data = worker_message_get(attempt->request, 3);

	attempt->flags = flags;
	(void)snprintf(attempt->type, sizeof(attempt->type), "%.*s", (int)size, type);
	if (mount(source, target, attempt->type, flags, *data ? data : NULL) == 0)
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
	FILE *file = fopen("/proc/filesystems", "re");
	bool is_mounted = false;
	char line[128];

	if (!file)
		return false;
	while (!is_mounted && fgets(line, sizeof(line), file)) {
		const char *type = str_after_prefix(line, "\t");

		if (type)
			is_mounted = mount_as(attempt, type, strcspn(type, "\n"),
					      attempt->request->number | MS_SILENT);
	}
	(void)fclose(file);
	return is_mounted;
}

/* Tries the comma-separated types in turn. */
static int mount_any(struct attempt *attempt, struct worker_message *reply)
{
	const char *types = worker_message_get(attempt->request, 2), *type;
	bool is_mounted = false;
	size_t size;

	while (!is_mounted && (type = str_next_item(&types, &size))) {
		if (size == strlen("auto") && strncmp(type, "auto", size) == 0)
			is_mounted = mount_as_any(attempt);
		else
			is_mounted = mount_as(attempt, type, size, attempt->request->number);
	}
	return is_mounted ? 0 : fail_mount(attempt->request, attempt->error, reply);
}

int worker_mount(const struct worker_message *request, struct worker_message *reply)
{
	const char *target = worker_message_get(request, 1);
	struct attempt attempt = { .request = request, .error = -ENODEV };
	int r;

	if (mkdir(target, 0755) < 0 && errno != EEXIST)
		return fail(reply, -errno, "cannot make %s: %s", target, strerror(errno));
	r = mount_any(&attempt, reply);
	if (r < 0)
		return r;
	reply->number = attempt.flags;
	r = worker_message_add(reply, attempt.type);
	if (r >= 0)
		r = find_init(target, worker_message_get(request, 4), reply);
	if (r < 0)
		(void)umount2(target, 0);
	return r;
}
