/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "support.h"

#define N_KEYS 10000

static unsigned int n_freed;

static void count_free(void *value)
{
	n_freed++;
	free(value);
}

static void test_map_empty(void **state)
{
	struct strmap map = { 0 };
	const struct strmap_entry *entry;

	assert_null(strmap_get(&map, "anything"));
	strmap_for_each(entry, &map)
		fail_msg("an empty map has %s", entry->key);
	strmap_done(&map, NULL);
}

static void test_map_many(void **state)
{
	static int values[N_KEYS];
	struct strmap map = { 0 };
	const struct strmap_entry *entry;
	unsigned int n_seen = 0;
	char key[16];

	for (unsigned int i = 0; i < N_KEYS; i++) {
		(void)snprintf(key, sizeof(key), "module_%u", i);
		assert_int_equal(strmap_set(&map, key, &values[i]), 0);
	}
	assert_int_equal(map.n_entries, N_KEYS);
	for (unsigned int i = 0; i < N_KEYS; i++) {
		(void)snprintf(key, sizeof(key), "module_%u", i);
		assert_ptr_equal(strmap_get(&map, key), &values[i]);
	}
	assert_null(strmap_get(&map, "module_10000"));
	strmap_for_each(entry, &map) {
		int *value = entry->value;

		assert_int_equal(*value, 0);
		*value = 1;
		n_seen++;
	}
	assert_int_equal(n_seen, N_KEYS);
	strmap_done(&map, NULL);
}

static void test_map_replaces(void **state)
{
	struct strmap map = { 0 };
	int one, two;

	assert_int_equal(strmap_set(&map, "key", &one), 0);
	assert_int_equal(strmap_set(&map, "key", &two), 0);
	assert_int_equal(map.n_entries, 1);
	assert_ptr_equal(strmap_get(&map, "key"), &two);
	assert_int_equal(strmap_set(&map, "", &one), 0);
	assert_ptr_equal(strmap_get(&map, ""), &one);
	assert_null(strmap_get(&map, "ke"));
	strmap_done(&map, NULL);
}

static void test_map_frees_values(void **state)
{
	struct strmap map = { 0 };

	n_freed = 0;
	for (const char *key = "abcdef"; *key; key++)
		assert_int_equal(strmap_set(&map, key, malloc(1)), 0);
	strmap_done(&map, count_free);
	assert_int_equal(n_freed, 6);
	assert_null(strmap_get(&map, "f"));
}

static void test_vec_order(void **state)
{
	static int values[100];
	struct vec vec = { 0 };
	const int *item, *expected = values;

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(vec_push(&vec, &values[i]), 0);
	vec_for_each(item, &vec) {
		assert_ptr_equal(item, expected);
		expected++;
		if (expected == values + 50)
			break;
	}
	assert_ptr_equal(item, &values[49]);
	vec_done(&vec, NULL);
	assert_int_equal(vec.n_items, 0);
	vec_for_each(item, &vec) {
		fail();
	}
}

static void test_vec_frees_items(void **state)
{
	struct vec vec = { 0 };

	n_freed = 0;
	for (unsigned int i = 0; i < 20; i++)
		assert_int_equal(vec_push(&vec, malloc(1)), 0);
	vec_done(&vec, count_free);
	assert_int_equal(n_freed, 20);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_map_empty);
	TEST(&list, test_map_many);
	TEST(&list, test_map_replaces);
	TEST(&list, test_map_frees_values);
	TEST(&list, test_vec_order);
	TEST(&list, test_vec_frees_items);
	return test_list_run(&list);
}
