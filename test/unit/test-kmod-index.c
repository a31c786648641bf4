/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer of indexes, as libkmod reads what it wrote. */
#include <errno.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/modules/kmod-index.h"
#include "support.h"

#define N_RANDOM_KEYS 2000

static void write_index(const char *name, struct kmod_index_row *rows, size_t n_rows)
{
	_cleanup_strbuf_ struct strbuf index = { 0 };

	assert_int_equal(kmod_index_write(rows, n_rows, &index), 0);
	write_file(scratch_path(name), index.data, index.size);
}

/* A directory that has @rows as its aliases; each value is a module of its own. */
static struct kmod_ctx *open_aliases(struct kmod_index_row *rows, size_t n_rows)
{
	static const char *const no_config[] = { NULL };
	struct kmod_ctx *ctx;

	write_index("modules.dep.bin", NULL, 0);
	write_index("modules.symbols.bin", NULL, 0);
	write_index("modules.builtin.bin", NULL, 0);
	write_index("modules.alias.bin", rows, n_rows);
	ctx = kmod_new(scratch_directory(), no_config);
	assert_non_null(ctx);
	assert_int_equal(kmod_load_resources(ctx), 0);
	return ctx;
}

/* What libkmod finds for @alias, "a b c". */
static void look_up(struct kmod_ctx *ctx, const char *alias, struct strbuf *found)
{
	struct kmod_list *list = NULL, *item;

	assert_int_equal(kmod_module_new_from_lookup(ctx, alias, &list), 0);
	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);

		strbuf_printf(found, "%s%s", found->size ? " " : "", kmod_module_get_name(module));
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
}

struct lookup {
	const char *title, *alias, *found;
};

static const struct lookup lookups[] = {
	{ "a key", "on", "m_on" },
	{ "a key that another begins with", "once", "m_once" },
	{ "a key that has a sibling", "one", "m_one" },
	{ "the beginning of a key", "onc", "" },
	{ "a key and more", "oncer", "" },
	{ "what no key begins with", "zz", "" },
	{ "nothing of the first character", "a", "" },
	{ "a pattern at its end", "pci:v1d2", "m_late m_early" },
	{ "a pattern at its beginning", "xyz_end", "m_any" },
	{ "a range", "r5", "m_range" },
	{ "out of the range", "r7", "" },
	{ "several of one key, by priority", "many", "m_3 m_1 m_2" },
};

static void test_lookup(void **state)
{
	/* By priority, as is asked for. */
	struct kmod_index_row rows[] = {
		{ "on", "m_on", 1 },           { "once", "m_once", 2 },    { "one", "m_one", 3 },
		{ "pci:v1d*", "m_late", 4 },   { "pci:v*", "m_early", 5 }, { "many", "m_3", 6 },
		{ "[wx]*_end", "m_any", 7 },   { "r[4-6]", "m_range", 8 }, { "many", "m_1", 9 },
		{ "many", "m_2", 0x7fffffff },
	};
	struct kmod_ctx *ctx = open_aliases(rows, ARRAY_SIZE(rows));
	const struct lookup *lookup = *state;
	_cleanup_strbuf_ struct strbuf found = { 0 };

	look_up(ctx, lookup->alias, &found);
	assert_string_equal(strbuf_string(&found), lookup->found);
	kmod_unref(ctx);
}

static int compare_keys(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Few different characters, so that keys share beginnings of all lengths, and some are the same. */
static void test_random_keys(void **state)
{
	static char keys[N_RANDOM_KEYS][16], values[N_RANDOM_KEYS][16];
	static struct kmod_index_row rows[N_RANDOM_KEYS];
	struct kmod_ctx *ctx;
	uint32_t random = 1;

	for (size_t i = 0; i < N_RANDOM_KEYS; i++) {
		size_t size = 1 + next_random(&random) % (sizeof(keys[i]) - 1);

		for (size_t k = 0; k < size; k++)
			keys[i][k] = "aab~"[next_random(&random) % 4];
	}
	qsort(keys, N_RANDOM_KEYS, sizeof(keys[0]), compare_keys);
	for (size_t i = 0; i < N_RANDOM_KEYS; i++) {
		(void)snprintf(values[i], sizeof(values[i]), "m%zu", i);
		/* In no order of the keys; that of equal keys stays. */
		rows[i * 7 % N_RANDOM_KEYS] =
			(struct kmod_index_row){ keys[i], values[i], (uint32_t)i };
	}
	ctx = open_aliases(rows, N_RANDOM_KEYS);
	for (size_t i = 0; i < N_RANDOM_KEYS;) {
		_cleanup_strbuf_ struct strbuf expected = { 0 }, found = { 0 };
		const char *key = keys[i];

		for (; i < N_RANDOM_KEYS && str_equal(keys[i], key); i++)
			strbuf_printf(&expected, "%s%s", expected.size ? " " : "", values[i]);
		look_up(ctx, key, &found);
		assert_string_equal(strbuf_string(&found), strbuf_string(&expected));
	}
	kmod_unref(ctx);
}

static void test_empty(void **state)
{
	struct kmod_ctx *ctx = open_aliases(NULL, 0);
	_cleanup_strbuf_ struct strbuf found = { 0 };

	look_up(ctx, "anything", &found);
	assert_int_equal(found.size, 0);
	kmod_unref(ctx);
}

static void test_unusable_keys(void **state)
{
	struct kmod_index_row not_ascii = { "caf\xc3\xa9", "m", 0 }, too_long = { NULL, "m", 0 };
	_cleanup_strbuf_ struct strbuf index = { 0 };
	char key[KMOD_INDEX_KEY_MAX + 2];

	assert_int_equal(kmod_index_write(&not_ascii, 1, &index), -EINVAL);
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	too_long.key = key;
	assert_int_equal(kmod_index_write(&too_long, 1, &index), -EINVAL);
	too_long.key = key + 1;
	assert_int_equal(kmod_index_write(&too_long, 1, &index), 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_lookup, lookups);
	TEST(&list, test_random_keys);
	TEST(&list, test_empty);
	TEST(&list, test_unusable_keys);
	return test_list_run(&list);
}
