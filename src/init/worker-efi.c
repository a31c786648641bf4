/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads an EFI variable that holds text. efivarfs is mounted for that, read-only, and not left
 * behind: the host mounts it for itself, and writable.
 */
#include "init/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"

#define VARIABLE_MAX     512 /* bytes; a UUID has 72 */
#define ATTRIBUTES_BYTES 4   /* before the value */

/* From UTF-16; what has other characters than those of ASCII is no name that we know. */
static int decode(const unsigned char *bytes, size_t size, char *text)
{
	size_t n = 0;

	for (size_t i = ATTRIBUTES_BYTES; i + 1 < size && (bytes[i] || bytes[i + 1]); i += 2) {
		if (bytes[i + 1] || bytes[i] >= 0x7f || bytes[i] <= 0x20)
			return -EBADMSG;
		text[n++] = (char)bytes[i];
	}
	text[n] = '\0';
	return n > 0 ? 0 : -EBADMSG;
}

static int read_variable(const char *directory, const char *name, char *text)
{
	unsigned char bytes[VARIABLE_MAX];
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	ssize_t size;

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	size = read(fd, bytes, sizeof(bytes));
	return size < 0 ? -errno : decode(bytes, (size_t)size, text);
}

int worker_read_efi(const struct worker_message *request, struct worker_message *reply)
{
	const char *directory = worker_message_get(request, 0);
	const char *name = worker_message_get(request, 1);
	char text[VARIABLE_MAX];
	int r = read_variable(directory, name, text);

	if (r == -ENOENT) {
		if (mount("efivarfs", directory, "efivarfs",
			  MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0)
			return errno == EBUSY ? -ENOENT : -errno; /* it was there already */
		r = read_variable(directory, name, text);
		(void)umount2(directory, 0);
	}
	return r < 0 ? r : worker_message_add(reply, text);
}
