/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cache in directories of the test's own. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/checksum.h"
#include "image/writer/cache.h"
#include "recent-log.h"
#include "support.h"

#define BASE      "cache-home"
#define DIRECTORY BASE "/kindling"
#define WHAT      "zstd-3"
#define TEXT      "what was made of it"

static struct cache *cache;

static const struct stat identity = {
	.st_dev = 8,
	.st_ino = 1234,
	.st_size = 100,
	.st_mtim = { 1700000000, 5 },
	.st_ctim = { 1700000001, 6 },
};

static int set_up(void **state)
{
	remove_tree(scratch_path(BASE));
	recent_log_start();
	assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path(BASE), 1), 0);
	assert_int_equal(cache_open(&cache), 0);
	assert_non_null(cache);
	return 0;
}

static int tear_down(void **state)
{
	cache = cache_close(cache);
	return 0;
}

static uint64_t checksum(const char *text)
{
	return checksum_of(text, strlen(text));
}

static void put(const struct stat *st, const char *what, const char *text)
{
	cache_put(cache, st, what, text, strlen(text), checksum(text));
}

/* A NULL @text is for what must not be there. */
static void expect_cached(const struct stat *st, const char *what, const char *text)
{
	_cleanup_free_ char *data = NULL;
	uint64_t crc = 0;
	size_t size = 0;
	int r = cache_get(cache, st, what, (void **)&data, &size, &crc);

	assert_int_equal(r, text ? 1 : 0);
	if (!text)
		return;
	assert_int_equal(size, strlen(text));
	assert_memory_equal(data, text, size);
	assert_true(crc == checksum(text));
}

static unsigned int count_files(void)
{
	_cleanup_closedir_ DIR *stream = opendir(scratch_path(DIRECTORY));
	const struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		n += entry->d_name[0] != '.';
	return n;
}

/* The path of the only file; in memory of the caller's. */
static char *find_file(void)
{
	_cleanup_closedir_ DIR *stream = opendir(scratch_path(DIRECTORY));
	const struct dirent *entry;
	char *path = NULL;

	assert_non_null(stream);
	while ((entry = readdir(stream)))
		if (entry->d_name[0] != '.') {
			assert_null(path);
			path = str_format("%s/%s", scratch_path(DIRECTORY), entry->d_name);
		}
	assert_non_null(path);
	return path;
}

static void test_hit_and_miss(void **state)
{
	expect_cached(&identity, WHAT, NULL);
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, TEXT);
	expect_cached(&identity, "zstd-4", NULL);
	put(&identity, "zstd-4", "another");
	expect_cached(&identity, WHAT, TEXT);
	expect_cached(&identity, "zstd-4", "another");
	assert_int_equal(count_files(), 2);
}

static void test_nothing_is_something(void **state)
{
	put(&identity, WHAT, "");
	expect_cached(&identity, WHAT, "");
}

static void test_put_again(void **state)
{
	put(&identity, WHAT, "old and longer");
	put(&identity, WHAT, "new");
	expect_cached(&identity, WHAT, "new");
	assert_int_equal(count_files(), 1);
}

static void test_zeros(void **state)
{
	static const char zeros[4096] = { 0 };
	_cleanup_free_ void *data = NULL;
	uint64_t crc;
	size_t size;

	cache_put(cache, &identity, WHAT, zeros, sizeof(zeros), checksum_of(zeros, sizeof(zeros)));
	assert_int_equal(cache_get(cache, &identity, WHAT, &data, &size, &crc), 1);
	assert_int_equal(size, sizeof(zeros));
	assert_memory_equal(data, zeros, size);
}

/* Another file, or the same one changed: by its time alone if need be. */
static void test_identity(void **state)
{
	struct stat others[] = { identity, identity, identity, identity,
				 identity, identity, identity };

	others[0].st_dev++;
	others[1].st_ino++;
	others[2].st_size++;
	others[3].st_mtim.tv_sec++;
	others[4].st_mtim.tv_nsec++;
	others[5].st_ctim.tv_sec++;
	others[6].st_ctim.tv_nsec++;
	put(&identity, WHAT, TEXT);
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		expect_cached(&others[i], WHAT, NULL);
	/* What does not tell one content from another. */
	others[0] = identity;
	others[0].st_mode = 0600;
	others[0].st_nlink = 2;
	others[0].st_atim.tv_sec = 1;
	expect_cached(&others[0], WHAT, TEXT);
}

static void test_outlives_the_process(void **state)
{
	put(&identity, WHAT, TEXT);
	cache = cache_close(cache);
	assert_int_equal(cache_open(&cache), 0);
	expect_cached(&identity, WHAT, TEXT);
}

/* Each byte of a file counts, and each size but its own is wrong. */
static void test_damaged(void **state)
{
	_cleanup_free_ char *path = NULL, *bytes = NULL;
	size_t size;

	put(&identity, WHAT, TEXT);
	path = find_file();
	assert_int_equal(file_read(path, 4096, &bytes, &size), 0);
	for (size_t i = 0; i < size; i++) {
		bytes[i] ^= 1;
		write_file(path, bytes, size);
		expect_cached(&identity, WHAT, NULL);
		bytes[i] ^= 1;
	}
	for (size_t i = 0; i < size; i++) {
		write_file(path, bytes, i);
		expect_cached(&identity, WHAT, NULL);
	}
	bytes[size] = 'x';
	write_file(path, bytes, size + 1);
	expect_cached(&identity, WHAT, NULL);
	write_file(path, bytes, size);
	expect_cached(&identity, WHAT, TEXT);
}

/* As after a power cut, when the size was written and the rest was not. */
static void test_file_of_zeros(void **state)
{
	static const char zeros[4096] = { 0 };
	_cleanup_free_ char *path = NULL;

	put(&identity, WHAT, TEXT);
	path = find_file();
	write_file(path, zeros, sizeof(zeros));
	expect_cached(&identity, WHAT, NULL);
	/* And it is no obstacle. */
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, TEXT);
}

/* Two keys may have the same hash, and so the same name. */
static void test_another_key_with_the_same_name(void **state)
{
	_cleanup_free_ char *path = NULL, *other_path = NULL;
	struct stat other = identity;

	other.st_ino = 4321;
	put(&other, WHAT, "of the other file");
	other_path = find_file();
	assert_int_equal(rename(other_path, scratch_path(BASE "/kept")), 0);
	put(&identity, WHAT, TEXT);
	path = find_file();
	assert_string_not_equal(path, other_path);
	assert_int_equal(rename(scratch_path(BASE "/kept"), path), 0);
	expect_cached(&identity, WHAT, NULL);
}

static void test_what_is_no_file(void **state)
{
	_cleanup_free_ char *path = NULL;

	put(&identity, WHAT, TEXT);
	path = find_file();
	assert_int_equal(rename(path, scratch_path(BASE "/kept")), 0);
	assert_int_equal(symlink(scratch_path(BASE "/kept"), path), 0);
	expect_cached(&identity, WHAT, NULL);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect_cached(&identity, WHAT, NULL);
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, NULL);
	assert_int_equal(count_files(), 1);
}

static void test_permissions(void **state)
{
	_cleanup_free_ char *path = NULL;
	mode_t before = umask(0);
	struct stat st;

	cache = cache_close(cache);
	remove_tree(scratch_path(BASE));
	assert_int_equal(cache_open(&cache), 0);
	put(&identity, WHAT, TEXT);
	(void)umask(before);
	path = find_file();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(scratch_path(DIRECTORY), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void test_untrusted_directory(void **state)
{
	static const mode_t modes[] = { 0770, 0702, 01777 };

	put(&identity, WHAT, TEXT);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		recent_log_start();
		cache = cache_close(cache);
		assert_int_equal(chmod(scratch_path(DIRECTORY), modes[i]), 0);
		assert_int_equal(cache_open(&cache), 0);
		assert_null(cache);
		expect_message("others could write to the cache");
		expect_cached(&identity, WHAT, NULL);
	}
	assert_int_equal(chmod(scratch_path(DIRECTORY), 0755), 0);
	assert_int_equal(cache_open(&cache), 0);
	expect_cached(&identity, WHAT, TEXT);
}

static void test_directory_of_another_user(void **state)
{
	if (geteuid() != 0)
		skip();
	cache = cache_close(cache);
	assert_int_equal(chown(scratch_path(DIRECTORY), 12345, 0), 0);
	assert_int_equal(cache_open(&cache), 0);
	assert_null(cache);
	expect_message("others could write to the cache");
}

/* All functions take it. */
static void expect_no_cache(void)
{
	cache = cache_close(cache);
	cache = (struct cache *)1;
	assert_int_equal(cache_open(&cache), 0);
	assert_null(cache);
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, NULL);
	expect_no_message();
	assert_null(cache_close(cache));
}

static void test_directory_cannot_be_made(void **state)
{
	remove_tree(scratch_path(BASE));
	write_text(scratch_path(BASE), "a file");
	expect_no_cache();
	remove_tree(scratch_path(BASE));
	write_text(scratch_path(DIRECTORY), "a file");
	expect_no_cache();
	assert_int_equal(setenv("XDG_CACHE_HOME", "/proc/nowhere", 1), 0);
	expect_no_cache();
}

/* Root's is elsewhere, and must not be touched by a test. */
static bool become_a_user(void)
{
	return geteuid() != 0 || seteuid(12345) == 0;
}

static void test_no_home(void **state)
{
	bool was_root = geteuid() == 0;

	assert_true(become_a_user());
	assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
	assert_int_equal(unsetenv("HOME"), 0);
	expect_no_cache();
	/* Relative ones are to be ignored: https://specifications.freedesktop.org/basedir-spec */
	assert_int_equal(setenv("XDG_CACHE_HOME", "relative", 1), 0);
	assert_int_equal(setenv("HOME", "relative", 1), 0);
	expect_no_cache();
	assert_int_equal(access("relative", F_OK), -1);
	if (was_root)
		assert_int_equal(seteuid(0), 0);
}

static void test_home(void **state)
{
	bool was_root = geteuid() == 0;
	struct stat st;

	assert_int_equal(chmod(scratch_directory(), 0755), 0);
	assert_int_equal(mkdir(scratch_path(BASE "/user"), 0755), 0);
	assert_int_equal(chown(scratch_path(BASE "/user"), was_root ? 12345 : geteuid(), (gid_t)-1),
			 0);
	assert_int_equal(chmod(scratch_path(BASE), 0755), 0);
	assert_true(become_a_user());
	cache = cache_close(cache);
	assert_int_equal(unsetenv("XDG_CACHE_HOME"), 0);
	assert_int_equal(setenv("HOME", scratch_path(BASE "/user"), 1), 0);
	assert_int_equal(cache_open(&cache), 0);
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, TEXT);
	if (was_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(stat(scratch_path(BASE "/user/.cache/kindling"), &st), 0);
}

static void test_unwritable_directory(void **state)
{
	bool was_root = geteuid() == 0;

	put(&identity, WHAT, TEXT);
	cache = cache_close(cache);
	assert_int_equal(chmod(scratch_directory(), 0755), 0);
	assert_int_equal(chmod(scratch_path(BASE), 0755), 0);
	if (was_root)
		assert_int_equal(chown(scratch_path(DIRECTORY), 12345, (gid_t)-1), 0);
	assert_true(become_a_user());
	assert_int_equal(chmod(scratch_path(DIRECTORY), 0500), 0);
	assert_int_equal(cache_open(&cache), 0);
	assert_non_null(cache);
	put(&identity, "zstd-4", TEXT);
	expect_cached(&identity, "zstd-4", NULL);
	cache = cache_close(cache);
	assert_int_equal(chmod(scratch_path(DIRECTORY), 0700), 0);
	if (was_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(count_files(), 1);
	expect_no_message();
}

/* A file without content of its own that is @size, and @age seconds old. */
static void make_sparse(const char *name, off_t size, time_t age)
{
	_cleanup_free_ char *path = str_format("%s/%s", scratch_path(DIRECTORY), name);
	const struct timespec times[] = { { .tv_sec = 1700000000 - age },
					  { .tv_sec = 1700000000 - age } };

	assert_non_null(path);
	write_text(path, "");
	assert_int_equal(truncate(path, size), 0);
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static bool is_there(const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", scratch_path(DIRECTORY), name);

	return path && access(path, F_OK) == 0;
}

#define MIB ((off_t)1024 * 1024)

/* Down to 96 MiB, the oldest first, as soon as there are more than 192. */
static void test_trimming(void **state)
{
	make_sparse("a.cached", 60 * MIB, 1);
	make_sparse("b.cached", 60 * MIB, 4);
	make_sparse("c.cached", 40 * MIB, 2);
	make_sparse("d.cached", 40 * MIB, 3);
	make_sparse("not ours", 500 * MIB, 5);
	put(&identity, WHAT, TEXT);
	cache = cache_close(cache);
	assert_false(is_there("b.cached"));
	assert_false(is_there("d.cached"));
	assert_false(is_there("c.cached"));
	assert_true(is_there("a.cached"));
	assert_true(is_there("not ours"));
	assert_int_equal(cache_open(&cache), 0);
	expect_cached(&identity, WHAT, TEXT);
}

static void test_no_trimming_at_the_bound(void **state)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	put(&identity, WHAT, TEXT);
	path = find_file();
	assert_int_equal(stat(path, &st), 0);
	make_sparse("a.cached", 192 * MIB - st.st_size, 1);
	cache = cache_close(cache);
	assert_true(is_there("a.cached"));
	make_sparse("a.cached", 192 * MIB - st.st_size + 1, 1);
	assert_int_equal(cache_open(&cache), 0);
	/* Who only reads does not look. */
	expect_cached(&identity, WHAT, TEXT);
	cache = cache_close(cache);
	assert_true(is_there("a.cached"));
	assert_int_equal(cache_open(&cache), 0);
	put(&identity, WHAT, TEXT);
	cache = cache_close(cache);
	assert_false(is_there("a.cached"));
}

/* A name that a killed process of the same number has left behind. */
static void test_name_that_is_taken(void **state)
{
	_cleanup_free_ char *name = str_format("new.%jd.0.cached", (intmax_t)getpid());

	make_sparse(name, 1, 1);
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, NULL);
	put(&identity, WHAT, TEXT);
	expect_cached(&identity, WHAT, TEXT);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_hit_and_miss);
	TEST(&list, test_nothing_is_something);
	TEST(&list, test_put_again);
	TEST(&list, test_zeros);
	TEST(&list, test_identity);
	TEST(&list, test_outlives_the_process);
	TEST(&list, test_damaged);
	TEST(&list, test_file_of_zeros);
	TEST(&list, test_another_key_with_the_same_name);
	TEST(&list, test_what_is_no_file);
	TEST(&list, test_permissions);
	TEST(&list, test_untrusted_directory);
	TEST(&list, test_directory_of_another_user);
	TEST(&list, test_directory_cannot_be_made);
	TEST(&list, test_no_home);
	TEST(&list, test_home);
	TEST(&list, test_unwritable_directory);
	TEST(&list, test_trimming);
	TEST(&list, test_no_trimming_at_the_bound);
	TEST(&list, test_name_that_is_taken);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
