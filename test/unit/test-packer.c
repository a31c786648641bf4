/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/tree/tree.h"
#include "image/writer/packer.h"

#define N_FILES       40
#define BEYOND_WINDOW ((size_t)14 * 1024 * 1024)
#define ZSTD_MAGIC    "\x28\xb5\x2f\xfd"
#define SECONDS_MAX   20

struct fixture {
	struct tree tree;
	struct vec entries;
	struct cache *cache;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	remove_tree(scratch_path("cache"));
	remove_tree(scratch_path("files"));
	assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path("cache"), 1), 0);
	(void)alarm(SECONDS_MAX); /* whoever waits for ever has failed */
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	(void)alarm(0);
	vec_done(&fixture->entries, NULL);
	tree_done(&fixture->tree);
	fixture->cache = cache_close(fixture->cache);
	free(fixture);
	return 0;
}

static void add_file(struct fixture *fixture, const char *name, const void *data, size_t size,
		     bool is_to_be_compressed)
{
	_cleanup_free_ char *relative = str_format("files/%s", name),
			    *path = str_format("/%s", name);

	assert_non_null(relative);
	write_file(scratch_path(relative), data, size);
	assert_int_equal((is_to_be_compressed ? tree_add_compressed_file
					      : tree_add_file)(&fixture->tree, path,
							       scratch_path(relative), "test"),
			 0);
}

static struct packer *start(struct fixture *fixture, unsigned int workers)
{
	const struct packer_options options = { .cache = fixture->cache, .workers = workers };
	struct packer *packer;

	vec_done(&fixture->entries, NULL);
	assert_int_equal(tree_sort(&fixture->tree, &fixture->entries), 0);
	assert_int_equal(packer_new(&fixture->entries, &options, &packer), 0);
	return packer;
}

/* A checksum over everything that comes, and that each of its own checksums is right. */
static uint64_t take_all(struct fixture *fixture, unsigned int workers)
{
	struct packer *packer = start(fixture, workers);
	uint64_t all = 0;

	for (size_t i = 0; i < fixture->entries.n_items; i++) {
		struct packed packed;

		assert_int_equal(packer_next(packer, &packed), 0);
		assert_int_equal(packed.crc, lzma_crc64(packed.data, packed.size, 0));
		all = lzma_crc64(packed.data, packed.size, all);
		all = lzma_crc64((const uint8_t *)&packed.size, sizeof(packed.size), all);
	}
	packer_free(packer);
	return all;
}

static void add_many(struct fixture *fixture)
{
	assert_int_equal(tree_add_symlink(&fixture->tree, "/link", "target", "test"), 0);
	assert_int_equal(tree_add_data(&fixture->tree, "/data", 0644, "in memory", 9, "test"), 0);
	for (unsigned int i = 0; i < N_FILES; i++) {
		char name[32], content[256];

		(void)snprintf(name, sizeof(name), "file-%02u", i);
		memset(content, (int)i, sizeof(content));
		add_file(fixture, name, content, sizeof(content) - i, i % 2 == 0);
	}
}

static void test_content_comes_in_order(void **state)
{
	struct fixture *fixture = *state;
	struct packer *packer;
	struct packed packed;

	add_file(fixture, "b", "bbb", 3, false);
	assert_int_equal(tree_add_directory(&fixture->tree, "/a", 0755, "test"), 0);
	assert_int_equal(tree_add_symlink(&fixture->tree, "/c", "somewhere", "test"), 0);
	packer = start(fixture, 2);
	assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(packed.size, 0);
	assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(packed.size, 3);
	assert_memory_equal(packed.data, "bbb", 3);
	assert_int_equal(packer_next(packer, &packed), 0);
	assert_int_equal(packed.size, 9);
	assert_memory_equal(packed.data, "somewhere", 9);
	packer_free(packer);
}

static void test_compressed(void **state)
{
	static const char zeros[100000];
	struct fixture *fixture = *state;
	struct packer *packer;
	struct packed packed;

	add_file(fixture, "zeros", zeros, sizeof(zeros), true);
	packer = start(fixture, 1);
	assert_int_equal(packer_next(packer, &packed), 0);
	assert_true(packed.size < sizeof(zeros) / 100);
	assert_memory_equal(packed.data, ZSTD_MAGIC, strlen(ZSTD_MAGIC));
	packer_free(packer);
}

/* Neither the number of workers nor the cache, cold or warm, changes a byte. */
static void test_same_whoever_works(void **state)
{
	struct fixture *fixture = *state;
	uint64_t expected;

	add_many(fixture);
	expected = take_all(fixture, 1);
	assert_int_equal(take_all(fixture, 4), expected);
	assert_int_equal(cache_open(&fixture->cache), 0);
	assert_non_null(fixture->cache);
	assert_int_equal(take_all(fixture, 2), expected);
	assert_int_equal(take_all(fixture, 2), expected);
	assert_int_equal(take_all(fixture, 16), expected);
}

/* One file may be larger than all that may wait, and be followed by others. */
static void test_larger_than_the_window(void **state)
{
	struct fixture *fixture = *state;
	_cleanup_free_ char *large = calloc(1, BEYOND_WINDOW);

	assert_non_null(large);
	add_file(fixture, "a-large", large, BEYOND_WINDOW, false);
	add_file(fixture, "b-large", large, BEYOND_WINDOW, true);
	add_file(fixture, "c-small", "c", 1, false);
	assert_int_equal(take_all(fixture, 3), take_all(fixture, 1));
}

static void test_freed_early(void **state)
{
	struct fixture *fixture = *state;
	struct packed packed;
	struct packer *packer;

	add_many(fixture);
	packer_free(start(fixture, 4));
	packer = start(fixture, 4);
	assert_int_equal(packer_next(packer, &packed), 0);
	packer_free(packer);
	assert_null(packer_free(NULL));
}

static void test_file_that_is_gone(void **state)
{
	struct fixture *fixture = *state;
	struct packed packed;
	struct packer *packer;

	add_file(fixture, "gone", "x", 1, true);
	assert_int_equal(unlink(scratch_path("files/gone")), 0);
	packer = start(fixture, 2);
	assert_int_equal(packer_next(packer, &packed), -ENOENT);
	packer_free(packer);
}

static const struct module_row {
	const char *name, *content;
	int expected;
} modules[] = {
	{ "plain.ko",
	  "\x7f"
	  "ELF and more",
	  0 },
	{ "zeros.ko", "nothing of the sort", -EBADMSG },
	{ "empty.ko", "", -EBADMSG },
	{ "short.ko",
	  "\x7f"
	  "EL",
	  -EBADMSG },
	{ "right.ko.zst", ZSTD_MAGIC "frame", 0 },
	{ "plain.ko.zst",
	  "\x7f"
	  "ELF",
	  -EBADMSG },
	{ "right.ko.xz",
	  "\xfd"
	  "7zXZ",
	  0 },
	{ "right.ko.gz", "\x1f\x8b", 0 },
	{ "other.txt", "anything", 0 },
};

static void test_modules_are_modules(void **state)
{
	const struct module_row *row = *state;
	struct fixture fixture = { 0 };
	struct packed packed;
	struct packer *packer;

	add_file(&fixture, row->name, row->content, strlen(row->content), false);
	packer = start(&fixture, 1);
	assert_int_equal(packer_next(packer, &packed), row->expected);
	packer_free(packer);
	vec_done(&fixture.entries, NULL);
	tree_done(&fixture.tree);
}

int main(void)
{
	struct test_list tests = { 0 };

	TEST(&tests, test_content_comes_in_order);
	TEST(&tests, test_compressed);
	TEST(&tests, test_same_whoever_works);
	TEST(&tests, test_larger_than_the_window);
	TEST(&tests, test_freed_early);
	TEST(&tests, test_file_that_is_gone);
	test_list_set_fixtures(&tests, set_up, tear_down);
	TEST_ROWS(&tests, test_modules_are_modules, modules);
	return test_list_run(&tests);
}
