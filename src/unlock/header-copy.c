/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/header-copy.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static int read_at(int fd, uint64_t offset_bytes, void *buf, size_t size)
{
	ssize_t n;

	if (lseek(fd, (off_t)offset_bytes, SEEK_SET) < 0)
		return -errno;
	n = file_read_fd(fd, buf, size);
	if (n < 0)
		return (int)n;
	return (size_t)n == size ? 0 : -EIO;
}

static int write_at(int fd, uint64_t offset_bytes, const void *data, size_t size)
{
	if (lseek(fd, (off_t)offset_bytes, SEEK_SET) < 0)
		return -errno;
	return file_write_fd(fd, data, size);
}

int header_read_metadata(int fd, uint8_t **ret_bytes, size_t *ret_size, uint64_t *ret_device_bytes)
{
	_cleanup_free_ uint8_t *bytes = NULL;
	off_t device_bytes = lseek(fd, 0, SEEK_END);
	size_t size = 0;

	if (device_bytes < 0)
		return -errno;
	for (;;) {
		size_t wanted = MIN(header_bytes_wanted(bytes, size), (uint64_t)device_bytes);
		uint8_t *larger;
		int r;

		if (wanted <= size)
			break;
		larger = realloc(bytes, wanted);
		if (!larger)
			return -ENOMEM;
		bytes = larger;
		r = read_at(fd, size, bytes + size, wanted - size);
		if (r < 0)
			return r;
		size = wanted;
	}
	*ret_bytes = TAKE_PTR(bytes);
	*ret_size = size;
	*ret_device_bytes = (uint64_t)device_bytes;
	return 0;
}

static int copy_metadata(int copy_fd, const uint8_t *bytes, size_t size,
			 const struct header_verdict *verdict)
{
	size_t start = 0;

	if (verdict->is_luks2)
		size = 2 * verdict->copy_size_bytes;
	if (verdict->copy_used == HEADER_COPY_FIRST)
		size = verdict->copy_size_bytes;
	else if (verdict->copy_used == HEADER_COPY_SECOND)
		start = verdict->copy_size_bytes;
	return write_at(copy_fd, start, bytes + start, size - start);
}

static int copy_key_material(int copy_fd, int fd, const struct header_keyslot *keyslot)
{
	_cleanup_free_ uint8_t *material = malloc(keyslot->material_bytes);
	int r;

	if (!material)
		return -ENOMEM;
	r = read_at(fd, keyslot->offset_bytes, material, keyslot->material_bytes);
	return r < 0 ? r
		     : write_at(copy_fd, keyslot->offset_bytes, material, keyslot->material_bytes);
}

int header_copy_make(int fd, const uint8_t *bytes, size_t size,
		     const struct header_verdict *verdict)
{
	_cleanup_close_ int copy_fd = memfd_create("luks-header", MFD_CLOEXEC);
	int r;

	if (copy_fd < 0 || ftruncate(copy_fd, (off_t)verdict->size_bytes) < 0)
		return -errno;
	r = copy_metadata(copy_fd, bytes, size, verdict);
	for (size_t i = 0; r >= 0 && i < HEADER_KEYSLOTS_MAX; i++) {
		const struct header_keyslot *keyslot = &verdict->keyslots[i];

		if (keyslot->is_active && !keyslot->is_left_out)
			r = copy_key_material(copy_fd, fd, keyslot);
	}
	return r < 0 ? r : TAKE_FD(copy_fd);
}
