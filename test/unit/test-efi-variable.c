/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "config/efi-variable.h"
#include "support.h"

#define ATTRIBUTES "\7\0\0\0"

static const struct row {
	const char *name;
	const char *content;
	size_t size;
	const char *expected; /* NULL: it holds no text */
} rows[] = {
#define ROW(name, content, expected)                         \
	{                                                    \
		name, content, sizeof(content) - 1, expected \
	}
	ROW("with its end", ATTRIBUTES "a\0b\0\0\0", "ab"),
	ROW("without its end", ATTRIBUTES "a\0b\0", "ab"),
	ROW("empty", ATTRIBUTES, ""),
	ROW("something behind its end", ATTRIBUTES "a\0\0\0b\0", "a"),
	ROW("beyond ASCII", ATTRIBUTES "\344\0\254\040a\0", "??a"),
	ROW("a byte of ASCII in the upper half", ATTRIBUTES "\0a", "?"),
	ROW("no attributes", "\7\0", NULL),
	ROW("nothing", "", NULL),
	ROW("half a character", ATTRIBUTES "a\0b", NULL),
#undef ROW
};

static void test_decode(void **state)
{
	const struct row *row = *state;
	_cleanup_free_ char *text = NULL;
	/* Of its exact size, so that reading over its end is found. */
	_cleanup_free_ char *content = row->size ? malloc(row->size) : NULL;

	if (row->size)
		memcpy(content, row->content, row->size);
	assert_int_equal(efi_variable_decode(content, row->size, &text),
			 row->expected ? 0 : -EINVAL);
	if (row->expected)
		assert_string_equal(text, row->expected);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_decode, rows);
	return test_list_run(&list);
}
