/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "support.h"

struct size_row {
	const char *name;
	size_t size, max;
	int result;
};

/* Around the sizes where the buffer grows. */
static const struct size_row size_rows[] = {
	{ "empty", 0, 10, 0 },
	{ "empty, none allowed", 0, 0, 0 },
	{ "as much as allowed", 10, 10, 0 },
	{ "one more than allowed", 11, 10, -EFBIG },
	{ "4094", 4094, 65536, 0 },
	{ "4095", 4095, 65536, 0 },
	{ "4096", 4096, 65536, 0 },
	{ "8191", 8191, 65536, 0 },
	{ "8192", 8192, 8192, 0 },
	{ "8193, 8192 allowed", 8193, 8192, -EFBIG },
	{ "large", 60000, 65536, 0 },
};

static void reads_file(void **state)
{
	const struct size_row *row = *state;
	_cleanup_free_ char *content = malloc(row->size + 1), *data = NULL;
	const char *path = scratch_path("read");
	size_t size = 4711;

	for (size_t i = 0; i < row->size; i++)
		content[i] = (char)(i % 251);
	write_file(path, content, row->size);
	assert_int_equal(file_read(path, row->max, &data, &size), row->result);
	if (row->result < 0) {
		assert_null(data);
		assert_int_equal(size, 4711);
		return;
	}
	assert_int_equal(size, row->size);
	assert_memory_equal(data, content, size);
	assert_int_equal(data[size], '\0');
}

static void test_read_unusual(void **state)
{
	_cleanup_free_ char *status = NULL;
	char *data = NULL;

	assert_int_equal(file_read(scratch_path("none"), 10, &data, NULL), -ENOENT);
	assert_int_equal(file_read(scratch_directory(), 10, &data, NULL), -EISDIR);
	assert_null(data);

	/* One whose size is said to be 0. */
	assert_int_equal(file_read("/proc/self/status", 65536, &status, NULL), 0);
	assert_non_null(str_after_prefix(status, "Name:"));
}

struct attribute_row {
	const char *name, *content, *expected; /* NULL: does not fit */
};

static const struct attribute_row attribute_rows[] = {
	{ "usual", "253:1\n", "253:1" },
	{ "no newline", "254:1", "254:1" },
	{ "nothing", "", "" },
	{ "newline alone", "\n", "" },
	{ "only the last newline goes", "two\n\n", "two\n" },
	{ "spaces stay", " x \n", " x " },
	{ "just fits", "15 bytes fit...", "15 bytes fit..." },
	{ "just does not fit", "16 bytes do not.", NULL },
	{ "far too long", "much more than what fits\n", NULL },
};

static void reads_attribute(void **state)
{
	const struct attribute_row *row = *state;
	_cleanup_close_ int dir_fd = open(scratch_directory(), O_PATH | O_DIRECTORY | O_CLOEXEC);
	char buf[16];
	int r;

	write_text(scratch_path("attribute"), row->content);
	r = file_read_attribute(dir_fd, "attribute", buf, sizeof(buf));
	if (!row->expected) {
		assert_int_equal(r, -EFBIG);
		return;
	}
	assert_string_equal(buf, row->expected);
	assert_int_equal(r, strlen(row->expected));
}

static void test_attribute_errors(void **state)
{
	char buf[16];

	assert_int_equal(file_read_attribute(AT_FDCWD, scratch_path("none"), buf, sizeof(buf)),
			 -ENOENT);
	assert_int_equal(file_read_attribute(AT_FDCWD, scratch_directory(), buf, sizeof(buf)),
			 -EISDIR);
}

static void assert_content(const char *path, const char *expected)
{
	_cleanup_free_ char *data = NULL;

	assert_int_equal(file_read(path, 4096, &data, NULL), 0);
	assert_string_equal(data, expected);
}

static void test_write_existing(void **state)
{
	const char *path = scratch_path("existing");

	write_text(path, "0");
	assert_int_equal(file_write_existing(path, "1"), 0);
	assert_content(path, "1");
	assert_int_equal(file_write_existing(scratch_path("none"), "1"), -ENOENT);
	assert_int_equal(access(scratch_path("none"), F_OK), -1);
	/* Its write() fails, unlike its open(). */
	assert_int_equal(file_write_existing("/dev/full", "1"), -ENOSPC);
}

static void test_publish(void **state)
{
	const char *path = scratch_path("published");
	_cleanup_close_ int old_fd = -1;
	struct stat st;
	char old[8] = "";

	assert_int_equal(file_publish(path, "old", 3, 0644), 0);
	old_fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_int_equal(file_publish(path, "newer", 5, 0600), 0);

	assert_content(path, "newer");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(read(old_fd, old, sizeof(old)), 3);
	assert_string_equal(old, "old");
	assert_int_equal(access(scratch_path("published.new"), F_OK), -1);
}

/* What an interrupted predecessor left must not lend its mode, nor lead elsewhere. */
static void test_publish_over_leftovers(void **state)
{
	const char *path = scratch_path("secret"), *temporary = scratch_path("secret.new");
	const char *elsewhere = scratch_path("elsewhere");
	struct stat st;

	write_text(temporary, "a leftover that everybody can read");
	assert_int_equal(chmod(temporary, 0666), 0);
	assert_int_equal(file_publish(path, "secret", 6, 0600), 0);
	assert_content(path, "secret");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);

	write_text(elsewhere, "untouched");
	assert_int_equal(symlink(elsewhere, temporary), 0);
	(void)file_publish(path, "secret", 6, 0600);
	assert_content(elsewhere, "untouched");
	(void)unlink(temporary);
}

static void test_publish_errors(void **state)
{
	char path[PATH_MAX + 1];

	assert_int_equal(file_publish(scratch_path("none/file"), "", 0, 0644), -ENOENT);
	assert_int_equal(file_make_directories(scratch_path("directory"), 0755), 0);
	assert_int_equal(file_publish(scratch_path("directory"), "", 0, 0644), -EISDIR);
	assert_int_equal(access(scratch_path("directory.new"), F_OK), -1);
	memset(path, 'a', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(file_publish(path, "", 0, 0644), -ENAMETOOLONG);
}

static void assert_directory(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISDIR(st.st_mode));
}

static void test_make_directories(void **state)
{
	char path[PATH_MAX + 1];

	assert_int_equal(file_make_directories(scratch_path("a/b/c"), 0755), 0);
	assert_directory(scratch_path("a/b/c"));
	assert_int_equal(file_make_directories(scratch_path("a/b/c"), 0755), 0);
	assert_int_equal(file_make_directories(scratch_path("a//d/"), 0755), 0);
	assert_directory(scratch_path("a/d"));
	assert_int_equal(file_make_directories("/", 0755), 0);

	write_text(scratch_path("a/file"), "");
	assert_int_equal(file_make_directories(scratch_path("a/file/b"), 0755), -ENOTDIR);
	memset(path, 'a', PATH_MAX);
	path[PATH_MAX] = '\0';
	assert_int_equal(file_make_directories(path, 0755), -ENAMETOOLONG);
}

static void test_make_directories_relative(void **state)
{
	_cleanup_close_ int home = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(chdir(scratch_directory()), 0);
	assert_int_equal(file_make_directories("r/s", 0700), 0);
	assert_int_equal(fchdir(home), 0);
	assert_directory(scratch_path("r/s"));
}

static bool is_not_hidden(const char *name)
{
	return name[0] != '.';
}

static void expect_names(const struct vec *names, const char *expected)
{
	_cleanup_strbuf_ struct strbuf found = { 0 };
	const char *name;

	vec_for_each(name, names)
		strbuf_printf(&found, "%s ", name);
	assert_string_equal(strbuf_string(&found), expected);
}

static void test_list_directory(void **state)
{
	static const char *const names[] = { "b", "a-b", "a", "B", ".hidden" };
	struct vec found;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "list/%s", names[i]);
		write_text(scratch_path(path), "");
	}
	assert_int_equal(file_list_directory(scratch_path("list"), NULL, &found), 0);
	expect_names(&found, ".hidden B a a-b b ");
	vec_done(&found, free);
	assert_int_equal(file_list_directory(scratch_path("list"), is_not_hidden, &found), 0);
	expect_names(&found, "B a a-b b ");
	vec_done(&found, free);
	assert_int_equal(file_list_directory(scratch_path("list/a"), NULL, &found), -ENOTDIR);
	assert_int_equal(file_list_directory(scratch_path("none"), NULL, &found), -ENOENT);
}

static void test_drop_ins(void **state)
{
	assert_true(file_is_drop_in("a.conf"));
	assert_false(file_is_drop_in(".a.conf"));
	assert_false(file_is_drop_in("a.conf~"));
}

int main(void)
{
	struct test_list list = { 0 };

	(void)umask(022);
	TEST_ROWS(&list, reads_file, size_rows);
	TEST(&list, test_read_unusual);
	TEST_ROWS(&list, reads_attribute, attribute_rows);
	TEST(&list, test_attribute_errors);
	TEST(&list, test_write_existing);
	TEST(&list, test_publish);
	TEST(&list, test_publish_over_leftovers);
	TEST(&list, test_publish_errors);
	TEST(&list, test_make_directories);
	TEST(&list, test_make_directories_relative);
	TEST(&list, test_list_directory);
	TEST(&list, test_drop_ins);
	return test_list_run(&list);
}
