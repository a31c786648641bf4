/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "image/report/json.h"
#include "support.h"

static const struct row {
	const char *name, *string, *expected;
} rows[] = {
	{ "empty", "", "\"\"" },
	{ "plain", "usr/lib/x.ko", "\"usr/lib/x.ko\"" },
	{ "quote and backslash", "a\"b\\c", "\"a\\\"b\\\\c\"" },
	{ "control characters", "a\nb\x1b[0m\x7f", "\"a\\u000ab\\u001b[0m\\u007f\"" },
	{ "two bytes", "h\xc3\xb6hle", "\"h\xc3\xb6hle\"" },
	{ "three bytes", "\xe2\x82\xac", "\"\xe2\x82\xac\"" },
	{ "four bytes", "\xf0\x9f\x94\xa5", "\"\xf0\x9f\x94\xa5\"" },
	{ "last character", "\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"" },
	{ "beyond the last", "\xf4\x90\x80\x80", "\"\\u00f4\\u0090\\u0080\\u0080\"" },
	{ "stray byte", "h\xf6hle", "\"h\\u00f6hle\"" },
	{ "stray continuation", "\x80", "\"\\u0080\"" },
	{ "cut sequence", "a\xe2\x82", "\"a\\u00e2\\u0082\"" },
	{ "overlong slash", "\xc0\xaf", "\"\\u00c0\\u00af\"" },
	{ "half a pair", "\xed\xa0\x80", "\"\\u00ed\\u00a0\\u0080\"" },
	{ "no lead at all", "\xff\xfe", "\"\\u00ff\\u00fe\"" },
};

static void writes_string(void **state)
{
	const struct row *row = *state;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	json_write_string(stream, row->string);
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(text, row->expected);
	free(text);
}

static void names_bytes_that_are_no_text(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	json_write_bytes(stream, "a", "\xff");
	json_write_bytes(stream, "b", "\xc3\xbf");
	json_write_bytes(stream, "c", "");
	assert_int_equal(fclose(stream), 0);
	assert_string_equal(text,
			    "\"a\": \"\\u00ff\", \"a_hex\": \"ff\"\"b\": \"\xc3\xbf\"\"c\": \"\"");
	free(text);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, writes_string, rows);
	TEST(&list, names_bytes_that_are_no_text);
	return test_list_run(&list);
}
