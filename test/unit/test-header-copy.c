/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether libcryptsetup opens a volume by the copy of its header alone, and leaves the volume as it
 * is whatever it writes.
 */
#include <fcntl.h>
#include <libcryptsetup.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "support.h"
#include "unlock/header-check.h"
#include "unlock/header-copy.h"

#define DEVICE_BYTES  (20 << 20)
#define DAMAGE_OFFSET 5000
#define SECOND_COPY   16384

struct copy_row {
	const char *name, *type;
	int left_out;  /* a keyslot that takes too long, or -1 */
	off_t damaged; /* where, or 0 */
};

static const struct copy_row rows[] = {
	{ "LUKS1", CRYPT_LUKS1, -1 },
	{ "LUKS2", CRYPT_LUKS2, -1 },
	{ "LUKS1 without the first keyslot", CRYPT_LUKS1, 0 },
	{ "LUKS2 without the first keyslot", CRYPT_LUKS2, 0 },
	{ "LUKS2 without the second keyslot", CRYPT_LUKS2, 1 },
	{ "LUKS2 whose first copy is damaged", CRYPT_LUKS2, -1, DAMAGE_OFFSET },
	{ "LUKS2 whose second copy is damaged", CRYPT_LUKS2, 1, SECOND_COPY + DAMAGE_OFFSET },
};

static const char *const passphrases[] = { "first", "second" };

static void set_iterations(struct crypt_device *device, bool is_slow)
{
	struct crypt_pbkdf_type pbkdf = {
		.type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = is_slow ? 2000 : 1000,
		.flags = CRYPT_PBKDF_NO_BENCHMARK,
	};

	assert_int_equal(crypt_set_pbkdf_type(device, &pbkdf), 0);
}

/* With two keyslots, of which @slow has more iterations. */
static void make_volume(const char *path, const char *type, int slow)
{
	struct crypt_device *device;

	write_text(path, "");
	assert_int_equal(truncate(path, DEVICE_BYTES), 0);
	assert_int_equal(crypt_init(&device, path), 0);
	set_iterations(device, slow == 0);
	assert_int_equal(crypt_format(device, type, "aes", "xts-plain64", NULL, NULL, 64, NULL), 0);
	for (int i = 0; i < 2; i++) {
		set_iterations(device, slow == i);
		/* Encrypting a keyslot takes the kernel's ciphers, which not every kernel has. */
		if (crypt_keyslot_add_by_volume_key(device, i, NULL, 0, passphrases[i],
						    strlen(passphrases[i])) < 0)
			skip();
	}
	crypt_free(device);
}

static void damage(const char *path, off_t offset)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(pwrite(fd, "?", 1, offset), 1);
}

/* The file's descriptor; it is all that is left to libcryptsetup. */
static int make_copy(const char *path, struct header_verdict *verdict)
{
	struct header_context context = {
		.limits = luks_limits_default,
		.available_kib = UINT64_MAX,
	};
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ uint8_t *bytes = NULL;
	size_t size;
	int r;

	context.limits.kdf_iterations = 1500;
	assert_int_equal(header_read_metadata(fd, &bytes, &size, &context.device_size_bytes), 0);
	assert_int_equal(context.device_size_bytes, DEVICE_BYTES);
	r = header_check(bytes, size, &context, verdict);
	assert_string_equal(verdict->text, "");
	assert_int_equal(r, 0);
	r = header_copy_make(fd, bytes, size, verdict);
	assert_true(r >= 0);
	return r;
}

static void expect_passphrases(struct crypt_device *device, int left_out)
{
	for (int i = 0; i < 2; i++) {
		int r = crypt_activate_by_passphrase(device, NULL, CRYPT_ANY_SLOT, passphrases[i],
						     strlen(passphrases[i]), 0);

		assert_int_equal(r, i == left_out ? -EPERM : i);
		/* Not even to whoever asks for it. */
		r = crypt_activate_by_passphrase(device, NULL, i, passphrases[i],
						 strlen(passphrases[i]), 0);
		assert_true(i == left_out ? r < 0 : r == i);
	}
}

static void opens_by_its_copy(void **state)
{
	const struct copy_row *row = *state;
	const char *path = scratch_path("volume");
	_cleanup_free_ char *before = NULL, *after = NULL, *copy_path = NULL;
	_cleanup_close_ int copy_fd = -1;
	struct header_verdict verdict;
	struct crypt_device *device;
	size_t size;

	make_volume(path, row->type, row->left_out);
	if (row->damaged)
		damage(path, row->damaged);
	copy_fd = make_copy(path, &verdict);
	assert_int_equal(file_read(path, DEVICE_BYTES, &before, &size), 0);

	copy_path = str_format("/proc/self/fd/%d", copy_fd);
	assert_non_null(copy_path);
	assert_int_equal(crypt_init_data_device(&device, copy_path, path), 0);
	assert_int_equal(crypt_load(device, CRYPT_LUKS, NULL), 0);
	if (row->left_out >= 0)
		assert_int_equal(crypt_keyslot_destroy(device, row->left_out), 0);
	expect_passphrases(device, row->left_out);
	crypt_free(device);

	assert_int_equal(file_read(path, DEVICE_BYTES, &after, &size), 0);
	assert_memory_equal(before, after, size);
}

/* What will not be tried is not even read. */
static void test_holds_no_more_than_is_needed(void **state)
{
	const char *path = scratch_path("volume");
	struct header_verdict verdict;
	_cleanup_close_ int fd = -1;
	struct stat st;
	char byte;

	make_volume(path, CRYPT_LUKS2, 0);
	fd = make_copy(path, &verdict);
	assert_true(verdict.keyslots[0].is_left_out);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, verdict.size_bytes);
	assert_true(st.st_blocks * 512 < 1 << 20);
	assert_int_equal(pread(fd, &byte, 1, (off_t)verdict.keyslots[0].offset_bytes), 1);
	assert_int_equal(byte, 0);
}

static void test_device_that_cannot_be_read(void **state)
{
	_cleanup_close_ int fd = open(scratch_directory(), O_RDONLY | O_CLOEXEC);
	uint64_t device_bytes;
	uint8_t *bytes;
	size_t size;

	assert_true(header_read_metadata(fd, &bytes, &size, &device_bytes) < 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, opens_by_its_copy, rows);
	TEST(&list, test_holds_no_more_than_is_needed);
	TEST(&list, test_device_that_cannot_be_read);
	return test_list_run(&list);
}
