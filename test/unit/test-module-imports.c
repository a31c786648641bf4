/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Symbols that made-up modules take from others, read from them or remembered. */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "fake-module.h"
#include "image/modules/module-imports.h"
#include "support.h"

static struct cache *cache;

static int set_up(void **state)
{
	static const char *const symbols[] = { "module_layout", "device_add_disk", NULL };
	const struct fake_module module = { .modinfo = "license=GPL",
					    .modinfo_size = sizeof("license=GPL"),
					    .imports = symbols };
	_cleanup_free_ char *content = NULL;
	char compressed[4096];
	size_t size;

	remove_tree(scratch_path("cache-home"));
	assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path("cache-home"), 1), 0);
	assert_int_equal(cache_open(&cache), 0);
	assert_non_null(cache);
	fake_module_write(&module, scratch_path("disk.ko"));
	assert_int_equal(file_read(scratch_path("disk.ko"), SIZE_MAX, &content, &size), 0);
	size = ZSTD_compress(compressed, sizeof(compressed), content, size, 1);
	assert_false(ZSTD_isError(size));
	write_file(scratch_path("disk.ko.zst"), compressed, size);
	return 0;
}

static int tear_down(void **state)
{
	cache = cache_close(cache);
	return 0;
}

static void expect_imports(const char *name, const struct stat *st, struct cache *from)
{
	struct vec imports = { 0 };

	assert_int_equal(module_imports_read(scratch_path(name), st, from, &imports), 0);
	assert_int_equal(imports.n_items, 2);
	assert_string_equal(imports.items[0], "module_layout");
	assert_string_equal(imports.items[1], "device_add_disk");
	vec_done(&imports, free);
}

/* That the file is gone shows that it is not read again. */
static void test_compressed_is_remembered(void **state)
{
	struct vec imports = { 0 };
	struct stat st;

	assert_int_equal(stat(scratch_path("disk.ko.zst"), &st), 0);
	expect_imports("disk.ko.zst", &st, cache);
	assert_int_equal(unlink(scratch_path("disk.ko.zst")), 0);
	expect_imports("disk.ko.zst", &st, cache);
	st.st_ino++;
	assert_int_equal(module_imports_read(scratch_path("disk.ko.zst"), &st, cache, &imports),
			 -ENOENT);
}

static void test_without_cache(void **state)
{
	struct stat st;

	assert_int_equal(stat(scratch_path("disk.ko.zst"), &st), 0);
	expect_imports("disk.ko.zst", &st, NULL);
}

static void test_plain_is_read(void **state)
{
	struct vec imports = { 0 };
	struct stat st;

	assert_int_equal(stat(scratch_path("disk.ko"), &st), 0);
	expect_imports("disk.ko", &st, cache);
	assert_int_equal(unlink(scratch_path("disk.ko")), 0);
	assert_int_equal(module_imports_read(scratch_path("disk.ko"), &st, cache, &imports),
			 -ENOENT);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_compressed_is_remembered);
	TEST(&list, test_without_cache);
	TEST(&list, test_plain_is_read);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
