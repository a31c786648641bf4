/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "support.h"

static bool memory_is_out;

/* The linker puts them in the place of realloc(); see meson.build. */
void *__real_realloc(void *pointer, size_t size);
void *__wrap_realloc(void *pointer, size_t size);

void *__wrap_realloc(void *pointer, size_t size)
{
	return memory_is_out ? NULL : __real_realloc(pointer, size);
}

static void test_empty(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };
	_cleanup_free_ char *stolen = NULL;

	assert_string_equal(strbuf_string(&buf), "");
	strbuf_append_bytes(&buf, NULL, 0);
	assert_int_equal(buf.size, 0);
	stolen = strbuf_steal(&buf);
	assert_string_equal(stolen, "");
}

static void test_append(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };

	strbuf_append(&buf, "one");
	strbuf_append(&buf, "");
	strbuf_printf(&buf, ", %d and %s", 2, "three");
	strbuf_append_bytes(&buf, "\0end", 4);
	assert_int_equal(buf.size, 20);
	assert_memory_equal(buf.data, "one, 2 and three\0end", 21);
}

static void test_growing(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };
	char line[8];

	for (unsigned int i = 0; i < 5000; i++)
		strbuf_printf(&buf, "%04u,", i);
	assert_int_equal(buf.size, 5 * 5000);
	assert_int_equal(strlen(buf.data), buf.size);
	memcpy(line, buf.data + 5 * 4321, 5);
	assert_memory_equal(line, "4321,", 5);
}

static void test_stealing_starts_anew(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };
	_cleanup_free_ char *first = NULL, *second = NULL;

	strbuf_append(&buf, "first");
	first = strbuf_steal(&buf);
	assert_string_equal(strbuf_string(&buf), "");
	strbuf_append(&buf, "second");
	second = strbuf_steal(&buf);
	assert_string_equal(first, "first");
	assert_string_equal(second, "second");
}

static void test_lost_memory_is_remembered(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };
	_cleanup_free_ char *stolen = NULL;

	strbuf_append(&buf, "kept");
	memory_is_out = true;
	strbuf_printf(&buf, "%100s", "lost");
	memory_is_out = false;
	strbuf_append(&buf, "also lost, or there would be a gap");
	assert_string_equal(strbuf_string(&buf), "kept");
	assert_null(strbuf_steal(&buf));

	strbuf_done(&buf);
	strbuf_append(&buf, "again");
	stolen = strbuf_steal(&buf);
	assert_string_equal(stolen, "again");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_empty);
	TEST(&list, test_append);
	TEST(&list, test_growing);
	TEST(&list, test_stealing_starts_anew);
	TEST(&list, test_lost_memory_is_remembered);
	return test_list_run(&list);
}
