/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/modules/module-files.h"

static int set_up(void **state)
{
	write_text(scratch_path("modules/modules.dep"), "");
	return 0;
}

static int tear_down(void **state)
{
	remove_tree(scratch_path("modules"));
	remove_tree(scratch_path("elsewhere"));
	return 0;
}

static bool skip_nothing(const char *directory)
{
	return false;
}

static bool skip_net(const char *directory)
{
	return strcmp(directory, "kernel/net/") == 0;
}

static void check(bool (*is_skipped)(const char *directory), const char *const *expected, size_t n)
{
	struct vec paths = { 0 };

	assert_int_equal(module_files_list(scratch_path("modules"), is_skipped, &paths), 0);
	assert_int_equal(paths.n_items, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(paths.items[i], expected[i]);
	vec_done(&paths, free);
}

static void test_files(void **state)
{
	static const char *const expected[] = { "a.ko", "kernel/fs/b-c.ko.xz", "kernel/fs/d.ko.gz",
						"kernel/net/e.ko", "updates/f.ko.zst" };
	static const char *const others[] = { "kernel/fs/b.ko.old", "kernel/fs/ko", "kernel/x.txt",
					      "build/g.ko", "kernel/source/h.ko" };

	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "modules/%s", expected[i]);
		write_text(scratch_path(path), "");
		(void)snprintf(path, sizeof(path), "modules/%s", others[i]);
		write_text(scratch_path(path), "");
	}
	check(skip_nothing, expected, ARRAY_SIZE(expected));
}

static void test_skipped(void **state)
{
	static const char *const expected[] = { "kernel/net.ko", "kernel/netfs/b.ko",
						"other/kernel/net/c.ko" };

	write_text(scratch_path("modules/kernel/net/a.ko"), "");
	write_text(scratch_path("modules/kernel/netfs/b.ko"), "");
	write_text(scratch_path("modules/kernel/net.ko"), "");
	write_text(scratch_path("modules/other/kernel/net/c.ko"), "");
	check(skip_net, expected, ARRAY_SIZE(expected));
}

static void test_nothing(void **state)
{
	check(skip_nothing, NULL, 0);
}

/* To a file, to a directory, to nowhere. */
static void test_links(void **state)
{
	static const char *const expected[] = { "kernel/dir/b.ko", "kernel/file.ko" };

	write_text(scratch_path("elsewhere/b.ko"), "");
	write_text(scratch_path("modules/kernel/x"), "");
	assert_int_equal(symlink("../../elsewhere", scratch_path("modules/kernel/dir")), 0);
	assert_int_equal(symlink("dir/b.ko", scratch_path("modules/kernel/file.ko")), 0);
	assert_int_equal(symlink("nowhere", scratch_path("modules/kernel/lost.ko")), 0);
	check(skip_nothing, expected, ARRAY_SIZE(expected));
}

static void test_circles(void **state)
{
	static const char *const expected[] = { "kernel/a.ko" };

	write_text(scratch_path("modules/kernel/a.ko"), "");
	assert_int_equal(symlink(".", scratch_path("modules/kernel/self")), 0);
	assert_int_equal(symlink("..", scratch_path("modules/kernel/above")), 0);
	check(skip_nothing, expected, ARRAY_SIZE(expected));
}

static void test_no_directory(void **state)
{
	struct vec paths;

	assert_int_equal(module_files_list("/nonexistent", skip_nothing, &paths), -ENOENT);
	assert_int_equal(module_files_list(scratch_path("modules/modules.dep"), skip_nothing,
					   &paths),
			 -ENOTDIR);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_files);
	TEST(&list, test_skipped);
	TEST(&list, test_nothing);
	TEST(&list, test_links);
	TEST(&list, test_circles);
	TEST(&list, test_no_directory);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
