/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The file that an image is in. */
#include "image/reader/image-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "image/reader/compressed-stream.h"
#include "image/reader/standard-input.h"

#define BEGINNING_SIZE 4096 /* with zeros, and enough to tell a compression by */

static int open_quietly(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

static int open_file(const char *path)
{
	int fd;

	if (str_equal(path, STANDARD_INPUT))
		return standard_input_open();
	fd = open_quietly(path);
	return fd < 0 ? log_err_errno(-errno, "%s cannot be opened", path) : fd;
}

int image_file_map(const char *path, const void **ret_data, size_t *ret_size)
{
	_cleanup_close_ int fd = open_file(path);
	struct stat st;
	void *data;

	*ret_data = NULL;
	*ret_size = 0;
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return log_err_errno(-errno, "%s cannot be read", path);
	if (!S_ISREG(st.st_mode)) {
		log_err("%s is no initramfs image: it is no regular file", path);
		return -EBADMSG;
	}
	/* No bytes cannot be mapped. */
	if (st.st_size == 0)
		return 0;
	data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return log_err_errno(-errno, "%s cannot be read", path);
	*ret_data = data;
	*ret_size = (size_t)st.st_size;
	return 0;
}

void image_file_unmap(const void *data, size_t size)
{
	if (data)
		(void)munmap((void *)data, size);
}

bool image_file_is_image(const char *path)
{
	_cleanup_close_ int fd = open_quietly(path);
	uint8_t data[BEGINNING_SIZE];
	ssize_t size = fd < 0 ? -1 : read(fd, data, sizeof(data)), at = 0;

	while (at < size && data[at] == 0)
		at++;
	return at < size &&
	       (data[at] == '0' || compressed_stream_identify(data + at, (size_t)(size - at)));
}
