/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image that comes by a pipe: images are mapped, and some commands read them twice. */
#include "image/reader/standard-input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"

#define PART_BYTES ((size_t)1024 * 1024)
#define BYTES_MAX  ((size_t)1024 * 1024 * 1024)

static int copy(int from, int to)
{
	_cleanup_free_ char *part = malloc(PART_BYTES);
	size_t total = 0;

	if (!part)
		return -ENOMEM;
	for (;;) {
		ssize_t size = file_read_fd(from, part, PART_BYTES);
		int r;

		if (size <= 0)
			return (int)size;
		total += (size_t)size;
		if (total > BYTES_MAX)
			return -EFBIG;
		r = file_write_fd(to, part, (size_t)size);
		if (r < 0)
			return r;
	}
}

/* Puts a copy of all that is to come in the place of standard input. */
static int keep(void)
{
	_cleanup_close_ int fd = memfd_create("kindling-image", MFD_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = copy(STDIN_FILENO, fd);
	if (r < 0)
		return r;
	return dup2(fd, STDIN_FILENO) < 0 ? -errno : 0;
}

int standard_input_open(void)
{
	struct stat st;
	int r, fd;

	r = fstat(STDIN_FILENO, &st) < 0 ? -errno : 0;
	if (r >= 0 && !S_ISREG(st.st_mode))
		r = keep();
	fd = r < 0 ? r : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (r >= 0 && fd < 0)
		fd = -errno;
	return fd < 0 && fd != -ENOMEM
		       ? log_err_errno(fd, "cannot read an image from standard input")
		       : fd;
}
