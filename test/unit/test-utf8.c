/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/utf8.h"
#include "support.h"

static const struct row {
	const char *name, *text;
	size_t size;
	uint32_t character;
} rows[] = {
	{ "the end", "", 1, 0 },
	{ "one byte", "az", 1, 'a' },
	{ "the last of one byte", "\x7f", 1, 0x7f },
	{ "two bytes", "\xc3\xb6z", 2, 0xf6 },
	{ "the first of two bytes", "\xc2\x80", 2, 0x80 },
	{ "the last of two bytes", "\xdf\xbf", 2, 0x7ff },
	{ "the first of three bytes", "\xe0\xa0\x80", 3, 0x800 },
	{ "before the pairs", "\xed\x9f\xbf", 3, 0xd7ff },
	{ "behind the pairs", "\xee\x80\x80", 3, 0xe000 },
	{ "the last of three bytes", "\xef\xbf\xbf", 3, 0xffff },
	{ "the first of four bytes", "\xf0\x90\x80\x80", 4, 0x10000 },
	{ "the last", "\xf4\x8f\xbf\xbf", 4, 0x10ffff },
	{ "beyond the last", "\xf4\x90\x80\x80", 0, 0 },
	{ "the first half of a pair", "\xed\xa0\x80", 0, 0 },
	{ "the second half of a pair", "\xed\xbf\xbf", 0, 0 },
	{ "overlong, two bytes", "\xc1\xbf", 0, 0 },
	{ "overlong, three bytes", "\xe0\x9f\xbf", 0, 0 },
	{ "overlong, four bytes", "\xf0\x8f\xbf\xbf", 0, 0 },
	{ "no first byte", "\x80", 0, 0 },
	{ "five bytes", "\xf8\x88\x80\x80\x80", 0, 0 },
	{ "no form at all", "\xff", 0, 0 },
	{ "cut by the end", "\xe2\x82", 0, 0 },
	{ "cut by another", "\xe2\x82z", 0, 0 },
};

static void test_decode(void **state)
{
	const struct row *row = *state;
	uint32_t character = 0;

	assert_int_equal(utf8_decode(row->text, &character), row->size);
	assert_int_equal(character, row->character);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_decode, rows);
	return test_list_run(&list);
}
