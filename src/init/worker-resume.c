/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds the image of a hibernated system, and has the kernel put it in our place.
 *
 * The signature is read here and not left to libblkid, which knows nothing of swap files: theirs
 * stands in the middle of a file system. Once an image is read, all processes but the one that asks
 * for it are frozen. If that works nobody here runs again. If not the kernel tells the reason to
 * its log alone, and has taken the signature away, so that the image is not tried a second time.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

/* The last bytes of a page: struct swsusp_header of Linux, kernel/power/swap.c. */
static const char signature[10] = "S1SUSPEND";

#define KMSG_RECORD_MAX 8192

int worker_find_image(const struct worker_message *request, struct worker_message *reply)
{
	const uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE), offset_pages = request->number;
	_cleanup_close_ int fd = -1;
	char found[sizeof(signature)];
	ssize_t n;

	if (offset_pages >= INT64_MAX / page_size)
		return -EOVERFLOW;
	fd = open(worker_message_get(request, 0), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = pread(fd, found, sizeof(found),
		  (off_t)((offset_pages + 1) * page_size - sizeof(signature)));
	if (n < 0)
		return -errno;
	reply->number = n == sizeof(found) && memcmp(found, signature, sizeof(found)) == 0;
	return 0;
}

/*
 * What a record of the kernel's log complains of in the matter of hibernation, or NULL; without the
 * full stop that some have.
 */
static const char *find_complaint(char *record)
{
	const char *text = strchr(record, ';'), *rest;
	unsigned long priority = strtoul(record, NULL, 10);
	size_t size = strcspn(record, "\n");

	if (size > 0 && record[size - 1] == '.')
		size--;
	record[size] = '\0';
	if (!text || LOG_PRI(priority) > LOG_ERR)
		return NULL;
	text = str_after_prefix(text + 1, "PM: ");
	rest = text ? str_after_prefix(text, "hibernation: ") : NULL;
	return rest ? rest : text;
}

/* Fails with what the kernel has complained of since @kmsg was opened, the first of it. */
static int fail_with_complaint(int kmsg, struct worker_message *reply)
{
	char record[KMSG_RECORD_MAX];
	const char *complaint;
	ssize_t n;

	/* EPIPE: some were overwritten before they were read. */
	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		record[MAX(n, 0)] = '\0';
		complaint = find_complaint(record);
		if (complaint)
			return worker_message_fail(reply, -EIO, "%s", complaint);
	}
	return worker_message_fail(reply, -EIO, "the kernel does not say why");
}

/* Writes one of the files of hibernation; a failure is told. */
static int write_power(const struct worker_message *request, const char *name, const char *value,
		       struct worker_message *reply)
{
	_cleanup_free_ char *path = str_format("%s/%s", worker_message_get(request, 2), name);
	int r = path ? file_write_existing(path, value) : -ENOMEM;

	return r < 0 ? worker_message_fail(reply, r, "cannot write %s to %s: %s", value,
					   path ? path : name, strerror(-r))
		     : 0;
}

/* Some kernels take what is written also when they do nothing of it. */
static bool is_disabled(const struct worker_message *request)
{
	_cleanup_free_ char *path = str_format("%s/disk", worker_message_get(request, 2));
	char modes[128];

	return path && file_read_attribute(AT_FDCWD, path, modes, sizeof(modes)) >= 0 &&
	       str_equal(modes, "[disabled]");
}

int worker_resume(const struct worker_message *request, struct worker_message *reply)
{
	_cleanup_close_ int kmsg = -1;
	char offset[32];
	int r;

	if (is_disabled(request))
		return worker_message_fail(
			reply, -EPERM, "this kernel does not allow it, as when it is locked down");
	(void)snprintf(offset, sizeof(offset), "%" PRIu64, request->number);
	r = write_power(request, "resume_offset", offset, reply);
	if (r < 0)
		return r;
	kmsg = open(worker_message_get(request, 3), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	(void)lseek(kmsg, 0, SEEK_END);
	r = write_power(request, "resume", worker_message_get(request, 1), reply);
	return r < 0 ? r : fail_with_complaint(kmsg, reply);
}
