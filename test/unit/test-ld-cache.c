/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "image/elf/ld-cache.h"
#include "loader-files.h"
#include "support.h"

static const struct cache_row rows[] = {
	{ "libz.so.1", "/lib/i386-linux-gnu/libz.so.1", 0x0003, 0 },
	{ "libz.so.1", "/usr/lib/glibc-hwcaps/x86-64-v3/libz.so.1", X86_64_FLAGS,
	  HWCAP_EXTENSION | UINT64_C(2) << 32 },
	{ "libz.so.1", "/usr/lib/libz.so.1", X86_64_FLAGS, 0 },
	{ "libold.so.1", "/usr/lib/sse2/libold.so.1", X86_64_FLAGS, 4 },
	{ "libnew.so.1", "/usr/lib/glibc-hwcaps/x86-64-v3/libnew.so.1", X86_64_FLAGS,
	  HWCAP_EXTENSION },
	{ "libnew.so.1", "/usr/lib/glibc-hwcaps/x86-64-v2/libnew.so.1", X86_64_FLAGS,
	  HWCAP_EXTENSION | 1 },
	{ "librelative.so.1", "usr/lib/librelative.so.1", X86_64_FLAGS, 0 },
};

static const struct lookup {
	const char *title, *name, *path;
	uint32_t flags;
} lookups[] = {
	{ "for that machine, for all processors", "libz.so.1", "/usr/lib/libz.so.1", X86_64_FLAGS },
	{ "for another machine", "libz.so.1", "/lib/i386-linux-gnu/libz.so.1", 0x0003 },
	{ "for any machine", "libz.so.1", "/lib/i386-linux-gnu/libz.so.1", 0 },
	{ "for a machine that has none", "libz.so.1", NULL, 0x0a03 },
	{ "for better processors only", "libnew.so.1",
	  "/usr/lib/glibc-hwcaps/x86-64-v3/libnew.so.1", X86_64_FLAGS },
	{ "by the rules of old", "libold.so.1", NULL, X86_64_FLAGS },
	{ "another name", "libz.so", NULL, X86_64_FLAGS },
	{ "a longer name", "libz.so.1.2", NULL, X86_64_FLAGS },
	{ "no absolute path", "librelative.so.1", NULL, X86_64_FLAGS },
};

static void check_lookup(void **state, enum cache_form form)
{
	const struct lookup *lookup = *state;
	uint8_t data[LOADER_FILE_MAX];
	struct ld_cache cache;
	const char *path;

	assert_int_equal(ld_cache_parse(data, make_ld_cache(rows, ARRAY_SIZE(rows), form, data),
					&cache),
			 0);
	path = ld_cache_find(&cache, lookup->name, lookup->flags);
	if (lookup->path)
		assert_string_equal(path, lookup->path);
	else
		assert_null(path);
}

static void test_lookup(void **state)
{
	check_lookup(state, CACHE_PLAIN);
}

static void test_lookup_behind_old_table(void **state)
{
	check_lookup(state, CACHE_BEHIND_OLD_TABLE);
}

static void test_lookup_big_endian(void **state)
{
	check_lookup(state, CACHE_BIG_ENDIAN);
}

static void test_entries(void **state)
{
	uint8_t data[LOADER_FILE_MAX];
	struct ld_cache_entry entry;
	struct ld_cache cache;
	size_t size = make_ld_cache(rows, ARRAY_SIZE(rows), CACHE_PLAIN, data);

	assert_int_equal(ld_cache_parse(data, size, &cache), 0);
	assert_true(ld_cache_get(&cache, 1, &entry));
	assert_string_equal(entry.name, rows[1].name);
	assert_string_equal(entry.path, rows[1].path);
	assert_int_equal(entry.flags, X86_64_FLAGS);
	assert_true(entry.has_hwcaps && !entry.is_of_legacy);
	assert_true(ld_cache_get(&cache, 3, &entry));
	assert_true(!entry.has_hwcaps && entry.is_of_legacy);
	assert_false(ld_cache_get(&cache, 6, &entry));
	assert_false(ld_cache_get(&cache, ARRAY_SIZE(rows), &entry));
}

static void test_empty(void **state)
{
	uint8_t data[LOADER_FILE_MAX];
	struct ld_cache cache;

	assert_int_equal(ld_cache_parse(data, make_ld_cache(NULL, 0, CACHE_PLAIN, data), &cache),
			 0);
	assert_null(ld_cache_find(&cache, "libz.so.1", 0));
	/* As before anything was parsed. */
	cache = (struct ld_cache){ 0 };
	assert_null(ld_cache_find(&cache, "libz.so.1", 0));
}

static void test_other_files(void **state)
{
	uint8_t data[LOADER_FILE_MAX];
	struct ld_cache cache;
	size_t size;

	assert_int_equal(ld_cache_parse("", 0, &cache), -ENOEXEC);
	assert_int_equal(ld_cache_parse("glibc-ld.so.cache1.1", 20, &cache), -ENOEXEC);
	assert_int_equal(ld_cache_parse("ld.so-1.7.0", 11, &cache), -ENOEXEC);
	/* Nothing but the table of old. */
	size = make_ld_cache(rows, 1, CACHE_BEHIND_OLD_TABLE, data);
	assert_int_equal(ld_cache_parse(data, 28, &cache), -ENOEXEC);
	data[12] = 200;
	assert_int_equal(ld_cache_parse(data, size, &cache), -ENOEXEC);
}

static void test_damaged_header(void **state)
{
	uint8_t data[LOADER_FILE_MAX];
	struct ld_cache cache;
	size_t size = make_ld_cache(rows, ARRAY_SIZE(rows), CACHE_PLAIN, data);

	data[28] = 1; /* ldconfig was not done */
	assert_int_equal(ld_cache_parse(data, size, &cache), -EBADMSG);
	data[28] = 2;
	data[23] = 0xff; /* entries beyond the end */
	assert_int_equal(ld_cache_parse(data, size, &cache), -EBADMSG);
}

/* The sanitizers watch. */
static void test_damaged(void **state)
{
	uint8_t data[LOADER_FILE_MAX];
	size_t size = make_ld_cache(rows, ARRAY_SIZE(rows), CACHE_BEHIND_OLD_TABLE, data);

	for (size_t i = 0; i < 2 * size; i++) {
		size_t copied = i < size ? i : size;
		uint8_t *copy = malloc(copied ? copied : 1);
		struct ld_cache cache;

		assert_non_null(copy);
		memcpy(copy, data, copied);
		if (i >= size)
			copy[i - size] = 0xff;
		if (ld_cache_parse(copy, copied, &cache) == 0)
			(void)ld_cache_find(&cache, "libabsent.so", 0);
		free(copy);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_lookup, lookups);
	TEST_ROWS(&list, test_lookup_behind_old_table, lookups);
	TEST_ROWS(&list, test_lookup_big_endian, lookups);
	TEST(&list, test_entries);
	TEST(&list, test_empty);
	TEST(&list, test_other_files);
	TEST(&list, test_damaged_header);
	TEST(&list, test_damaged);
	return test_list_run(&list);
}
