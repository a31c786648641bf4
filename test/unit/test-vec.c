/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/vec.h"
#include "support.h"

#define MANY 100

static bool has_no_memory;

void *__real_reallocarray(void *data, size_t n, size_t size);
void *__wrap_reallocarray(void *data, size_t n, size_t size);
void *__wrap_reallocarray(void *data, size_t n, size_t size)
{
	return has_no_memory ? NULL : __real_reallocarray(data, n, size);
}

static void test_items_keep_their_order(void **state)
{
	struct vec vec = { 0 };
	const int *item;
	int items[MANY];

	for (int i = 0; i < MANY; i++) {
		items[i] = i;
		assert_int_equal(vec_push(&vec, &items[i]), 0);
	}
	assert_int_equal(vec.n_items, MANY);
	vec_for_each(item, &vec)
		assert_int_equal(*item, item_index);
	vec_done(&vec, NULL);
	assert_int_equal(vec.n_items, 0);
}

static void test_copies_are_of_their_own(void **state)
{
	struct vec vec = { 0 };
	char text[] = "first";

	assert_int_equal(vec_push_copy(&vec, text), 0);
	text[0] = 'x';
	assert_int_equal(vec_push_copy(&vec, ""), 0);
	assert_string_equal(vec.items[0], "first");
	assert_string_equal(vec.items[1], "");
	vec_done(&vec, free);
}

static void test_strings_are_sorted_by_bytes(void **state)
{
	static const char *const sorted[] = { "", "B", "a", "a-b", "a/b", "ab", "\xc3\xa4" };
	struct vec vec = { 0 };

	vec_sort_strings(&vec);
	for (size_t i = ARRAY_SIZE(sorted); i > 0; i--)
		assert_int_equal(vec_push(&vec, (void *)sorted[i - 1]), 0);
	vec_sort_strings(&vec);
	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++)
		assert_ptr_equal(vec.items[i], sorted[i]);
	vec_done(&vec, NULL);
}

/* No copy is lost either, which is for the sanitizer to see. */
static void test_without_memory(void **state)
{
	struct vec vec = { 0 };
	int item;

	has_no_memory = true;
	assert_int_equal(vec_push(&vec, &item), -ENOMEM);
	assert_int_equal(vec_push_copy(&vec, "text"), -ENOMEM);
	has_no_memory = false;
	assert_int_equal(vec.n_items, 0);
	vec_done(&vec, free);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_items_keep_their_order);
	TEST(&list, test_copies_are_of_their_own);
	TEST(&list, test_strings_are_sorted_by_bytes);
	TEST(&list, test_without_memory);
	return test_list_run(&list);
}
