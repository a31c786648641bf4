/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "image/writer/replacement.h"

#define OLD        "070701 the old one"
#define NEW        "070701 and the new"
#define LEFT_NAME  "target/.image.kindling-0123456789abcdef"
#define OTHER_NAME "target/.image.swp"

/* How many of these calls are to fail, and how. */
static int linkat_error, renameat2_error, fsync_error;

int __wrap_linkat(int old_dir, const char *old_name, int new_dir, const char *new_name, int flags);
int __real_linkat(int old_dir, const char *old_name, int new_dir, const char *new_name, int flags);
int __wrap_renameat2(int old_dir, const char *old_name, int new_dir, const char *new_name,
		     unsigned int flags);
int __real_renameat2(int old_dir, const char *old_name, int new_dir, const char *new_name,
		     unsigned int flags);
int __wrap_fsync(int fd);
int __real_fsync(int fd);

static int fail_with(int error)
{
	errno = error;
	return -1;
}

int __wrap_linkat(int old_dir, const char *old_name, int new_dir, const char *new_name, int flags)
{
	return linkat_error ? fail_with(linkat_error)
			    : __real_linkat(old_dir, old_name, new_dir, new_name, flags);
}

int __wrap_renameat2(int old_dir, const char *old_name, int new_dir, const char *new_name,
		     unsigned int flags)
{
	return renameat2_error ? fail_with(renameat2_error)
			       : __real_renameat2(old_dir, old_name, new_dir, new_name, flags);
}

int __wrap_fsync(int fd)
{
	return fsync_error ? fail_with(fsync_error) : __real_fsync(fd);
}

static int set_up(void **state)
{
	linkat_error = renameat2_error = fsync_error = 0;
	remove_tree(scratch_path("target"));
	write_text(scratch_path("target/image"), OLD);
	return 0;
}

static void expect_content(const char *name, const char *content)
{
	_cleanup_free_ char *found = NULL;

	assert_int_equal(file_read(scratch_path(name), 1024, &found, NULL), 0);
	assert_string_equal(found, content);
}

static bool is_there(const char *name)
{
	struct stat st;

	return lstat(scratch_path(name), &st) == 0;
}

static struct replacement begin(void)
{
	struct replacement replacement;

	assert_int_equal(replacement_begin(scratch_path("target/image"), &replacement), 0);
	assert_int_equal(file_write_fd(replacement.fd, NEW, strlen(NEW)), 0);
	return replacement;
}

/* The number of names in the directory, without "." and "..". */
static unsigned int count_names(void)
{
	_cleanup_closedir_ DIR *dir = opendir(scratch_path("target"));
	unsigned int n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n - 2;
}

static void test_replaces_and_keeps(void **state)
{
	struct replacement replacement = begin();

	expect_content("target/image", OLD);
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	expect_content("target/image", NEW);
	expect_content("target/image.old", OLD);
	assert_int_equal(count_names(), 2);
}

static void test_first_of_its_name(void **state)
{
	struct replacement replacement;

	assert_int_equal(unlink(scratch_path("target/image")), 0);
	replacement = begin();
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	expect_content("target/image", NEW);
	assert_int_equal(count_names(), 1);
}

static void test_given_up(void **state)
{
	struct replacement replacement = begin();

	replacement_done(&replacement);
	expect_content("target/image", OLD);
	assert_int_equal(count_names(), 1);
}

static void test_nobody_else_reads_it(void **state)
{
	mode_t before = umask(0);
	struct replacement replacement = begin();
	_cleanup_free_ char *path = replacement_get_path(&replacement);
	struct stat st;

	umask(before);
	assert_non_null(path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	assert_int_equal(stat(scratch_path("target/image"), &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
}

/* Without hard links the two change places; without that either, there is no backup. */
static void test_without_hard_links(void **state)
{
	struct replacement replacement = begin();

	linkat_error = EPERM;
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	expect_content("target/image", NEW);
	expect_content("target/image.old", OLD);
	assert_int_equal(count_names(), 2);

	set_up(NULL);
	linkat_error = EPERM;
	renameat2_error = EINVAL;
	replacement = begin();
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	expect_content("target/image", NEW);
	assert_int_equal(count_names(), 1);
}

static void test_disk_that_fails(void **state)
{
	struct replacement replacement = begin();

	fsync_error = EIO;
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), -EIO);
	replacement_done(&replacement);
	expect_content("target/image", OLD);
	assert_int_equal(count_names(), 1);
}

/* What a killed build left goes; what only looks similar stays. */
static void test_leftovers(void **state)
{
	struct replacement replacement;

	write_text(scratch_path(LEFT_NAME), "half an image");
	write_text(scratch_path(OTHER_NAME), "an editor's");
	replacement = begin();
	assert_false(is_there(LEFT_NAME));
	assert_true(is_there(OTHER_NAME));
	replacement_done(&replacement);
}

static void test_link_to_the_image(void **state)
{
	struct replacement replacement;

	assert_int_equal(symlink("image", scratch_path("target/link")), 0);
	assert_int_equal(replacement_begin(scratch_path("target/link"), &replacement), 0);
	assert_int_equal(file_write_fd(replacement.fd, NEW, strlen(NEW)), 0);
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	expect_content("target/image", NEW);
}

static void test_room(void **state)
{
	struct replacement replacement = begin();

	write_text(scratch_path("target/image.old"), "older still");
	assert_int_equal(replacement_reserve(&replacement, 1), 0);
	assert_true(is_there("target/image.old"));
	assert_int_equal(replacement_reserve(&replacement, UINT64_MAX / 2), -ENOSPC);
	assert_false(is_there("target/image.old"));
	replacement_done(&replacement);
	expect_content("target/image", OLD);
}

/* No room for one more: the backup is given up, an older one with it. */
static void test_no_room_for_a_backup(void **state)
{
	struct replacement replacement = begin();

	write_text(scratch_path("target/image.old"), "older still");
	assert_int_equal(replacement_commit(&replacement, UINT64_MAX / 2), 0);
	replacement_done(&replacement);
	expect_content("target/image", NEW);
	assert_int_equal(count_names(), 1);
}

static void test_same(void **state)
{
	struct replacement replacement = begin();

	assert_false(replacement_is_same(&replacement));
	write_text(scratch_path("target/image"), NEW);
	assert_int_equal(chmod(scratch_path("target/image"), 0644), 0);
	assert_false(replacement_is_same(&replacement));
	assert_int_equal(chmod(scratch_path("target/image"), 0600), 0);
	assert_true(replacement_is_same(&replacement));
	replacement_done(&replacement);
}

/* The second one gets its turn when the first has ended, and does not remove what that writes. */
static void test_one_after_the_other(void **state)
{
	struct replacement replacement = begin();
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct replacement second;

		_exit(replacement_begin(scratch_path("target/image"), &second) < 0);
	}
	(void)usleep(100000);
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_int_equal(replacement_commit(&replacement, strlen(NEW)), 0);
	replacement_done(&replacement);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	expect_content("target/image", NEW);
}

static void test_targets(void **state)
{
	write_text(scratch_path("target/text"), "no image");
	write_text(scratch_path("target/empty"), "");
	assert_int_equal(mkfifo(scratch_path("target/fifo"), 0600), 0);
	assert_int_equal(replacement_check_target(scratch_path("target/image"), false), 0);
	assert_int_equal(replacement_check_target(scratch_path("target/none"), false), 0);
	assert_int_equal(replacement_check_target(scratch_path("target/empty"), false), 0);
	assert_int_equal(replacement_check_target(scratch_path("target/text"), false), -EEXIST);
	assert_int_equal(replacement_check_target(scratch_path("target/text"), true), 0);
	assert_int_equal(replacement_check_target(scratch_path("target/fifo"), true), -EEXIST);
	assert_int_equal(replacement_check_target(scratch_path("target"), true), -EISDIR);
}

int main(void)
{
	struct test_list tests = { 0 };

	TEST(&tests, test_replaces_and_keeps);
	TEST(&tests, test_first_of_its_name);
	TEST(&tests, test_given_up);
	TEST(&tests, test_nobody_else_reads_it);
	TEST(&tests, test_without_hard_links);
	TEST(&tests, test_disk_that_fails);
	TEST(&tests, test_leftovers);
	TEST(&tests, test_link_to_the_image);
	TEST(&tests, test_room);
	TEST(&tests, test_no_room_for_a_backup);
	TEST(&tests, test_same);
	TEST(&tests, test_one_after_the_other);
	TEST(&tests, test_targets);
	test_list_set_fixtures(&tests, set_up, NULL);
	return test_list_run(&tests);
}
