/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cmocka.h>

#include "base/macro.h"
#include "base/strbuf.h"
#include "image/writer/cpio.h"

#define HEADER_SIZE 110

struct archive {
	struct cpio cpio;
	struct strbuf bytes;
};

static int append_bytes(void *userdata, const void *data, size_t size)
{
	strbuf_append_bytes(userdata, data, size);
	return 0;
}

static int refuse_bytes(void *userdata, const void *data, size_t size)
{
	return -ENOSPC;
}

static int set_up(void **state)
{
	struct archive *archive = calloc(1, sizeof(*archive));

	if (!archive)
		return -1;
	cpio_init(&archive->cpio, (struct sink){ append_bytes, &archive->bytes }, 0x12345678);
	*state = archive;
	return 0;
}

static int tear_down(void **state)
{
	struct archive *archive = *state;

	strbuf_done(&archive->bytes);
	free(archive);
	return 0;
}

static void add(struct archive *archive, const char *path, mode_t mode, const char *content)
{
	const struct cpio_entry entry = { .path = path, .mode = mode, .size = strlen(content) };

	assert_int_equal(cpio_begin(&archive->cpio, &entry), 0);
	assert_int_equal(cpio_append(&archive->cpio, content, strlen(content)), 0);
	assert_int_equal(cpio_end(&archive->cpio), 0);
}

/* The @index-th of the 13 hexadecimal numbers of the header at @offset. */
static unsigned long field(const struct archive *archive, size_t offset, unsigned int index)
{
	char text[9] = { 0 };

	memcpy(text, archive->bytes.data + offset + 6 + index * 8, 8);
	return strtoul(text, NULL, 16);
}

static void test_bytes_of_a_file(void **state)
{
	static const char expected[] = "070701"
				       "00000001" /* inode */
				       "000081A4" /* mode */
				       "00000000" /* owner */
				       "00000000" /* group */
				       "00000001" /* links */
				       "12345678" /* time */
				       "00000005" /* size */
				       "00000000" /* device */
				       "00000000"
				       "00000000" /* what device it is */
				       "00000000"
				       "00000006" /* size of the name */
				       "00000000" /* checksum */
				       "etc/a\0hello\0\0\0";
	struct archive *archive = *state;

	add(archive, "/etc/a", S_IFREG | 0644, "hello");
	assert_int_equal(archive->bytes.size, sizeof(expected) - 1);
	assert_memory_equal(archive->bytes.data, expected, sizeof(expected) - 1);
}

static void test_content_in_pieces(void **state)
{
	struct archive *archive = *state;
	const struct cpio_entry entry = { .path = "a", .mode = S_IFREG, .size = 6 };

	assert_int_equal(cpio_begin(&archive->cpio, &entry), 0);
	assert_int_equal(cpio_append(&archive->cpio, "abc", 3), 0);
	assert_int_equal(cpio_append(&archive->cpio, "", 0), 0);
	assert_int_equal(cpio_append(&archive->cpio, "def", 3), 0);
	assert_int_equal(cpio_end(&archive->cpio), 0);
	assert_memory_equal(archive->bytes.data + HEADER_SIZE + 2, "abcdef\0", 8);
	assert_int_equal(archive->bytes.size % 4, 0);
}

static void test_device(void **state)
{
	const struct cpio_entry entry = { .path = "/dev/console",
					  .mode = S_IFCHR | 0600,
					  .rdev = makedev(5, 1) };
	struct archive *archive = *state;

	assert_int_equal(cpio_begin(&archive->cpio, &entry), 0);
	assert_int_equal(cpio_end(&archive->cpio), 0);
	assert_int_equal(field(archive, 0, 1), S_IFCHR | 0600);
	assert_int_equal(field(archive, 0, 9), 5);
	assert_int_equal(field(archive, 0, 10), 1);
}

static void test_inodes_differ(void **state)
{
	struct archive *archive = *state;
	size_t second;

	add(archive, "/a", S_IFDIR | 0755, "");
	second = archive->bytes.size;
	add(archive, "/a/b", S_IFREG | 0644, "");
	assert_int_equal(field(archive, 0, 0), 1);
	assert_int_equal(field(archive, 0, 4), 2);
	assert_int_equal(field(archive, second, 0), 2);
	assert_int_equal(field(archive, second, 4), 1);
}

static void test_end_of_the_archive(void **state)
{
	struct archive *archive = *state;
	size_t trailer;

	add(archive, "/a", S_IFREG | 0644, "x");
	trailer = archive->bytes.size;
	assert_int_equal(cpio_finish(&archive->cpio), 0);
	assert_memory_equal(archive->bytes.data + trailer + HEADER_SIZE, "TRAILER!!!", 11);
	assert_int_equal(field(archive, trailer, 5), 0);
	assert_int_equal(archive->bytes.size % 512, 0);
}

static void test_every_size_is_aligned(void **state)
{
	struct archive *archive = *state;
	char name[32] = "", content[32] = "";

	for (size_t i = 0; i < 16; i++) {
		size_t offset = archive->bytes.size;

		memset(name, 'n', i + 1);
		memset(content, 'c', i);
		add(archive, name, S_IFREG | 0644, content);
		assert_int_equal(archive->bytes.size % 4, 0);
		assert_int_equal(field(archive, offset, 6), i);
		assert_int_equal(field(archive, offset, 11), i + 2);
	}
}

static void test_refused(void **state)
{
	struct archive *archive = *state;
	struct cpio_entry entry = { .path = "a", .mode = S_IFREG, .size = UINT64_C(1) << 32 };
	char name[PATH_MAX + 1];

	assert_int_equal(cpio_begin(&archive->cpio, &entry), -EFBIG);
	memset(name, 'n', PATH_MAX);
	name[PATH_MAX] = '\0';
	entry = (struct cpio_entry){ .path = name, .mode = S_IFREG };
	assert_int_equal(cpio_begin(&archive->cpio, &entry), -ENAMETOOLONG);
	assert_int_equal(archive->bytes.size, 0);

	entry = (struct cpio_entry){ .path = "a", .mode = S_IFREG, .size = 3 };
	assert_int_equal(cpio_begin(&archive->cpio, &entry), 0);
	assert_int_equal(cpio_append(&archive->cpio, "abcd", 4), -EFBIG);
	assert_int_equal(cpio_append(&archive->cpio, "ab", 2), 0);
	assert_int_equal(cpio_end(&archive->cpio), -EIO);
}

static void test_errors_of_the_sink(void **state)
{
	const struct cpio_entry entry = { .path = "a", .mode = S_IFREG };
	struct cpio cpio;

	cpio_init(&cpio, (struct sink){ refuse_bytes, NULL }, 0);
	assert_int_equal(cpio_begin(&cpio, &entry), -ENOSPC);
	assert_int_equal(cpio_finish(&cpio), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_bytes_of_a_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_content_in_pieces, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_device, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_inodes_differ, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_end_of_the_archive, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_every_size_is_aligned, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test(test_errors_of_the_sink),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
