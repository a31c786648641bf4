/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/report/svg-text.h"

static char *write_in(const char *text, double width)
{
	const struct svg_line line = { "name", true, 1, 2, 10, width };
	char *svg = NULL;
	size_t size;
	FILE *stream = open_memstream(&svg, &size);

	assert_non_null(stream);
	svg_write_line(stream, &line, text);
	assert_int_equal(fclose(stream), 0);
	return svg;
}

#define BEGIN "<text class=\"name\" x=\"1.00\" y=\"2.00\" font-size=\"10.0\">"
#define END   "</text>"

/* In each a font size of 10. */
static const struct row {
	const char *name, *text;
	double width;
	const char *expected;
} rows[] = {
	{ "all fits", "abc", 100, BEGIN "abc" END },
	{ "some fits, with an ellipsis as the last", "abcdef", 21, BEGIN "ab\xe2\x80\xa6" END },
	{ "nothing fits", "abc", 1, "" },
	{ "narrow letters", "iiiii", 21, BEGIN "iiiii" END },
	{ "wide letters", "WWW", 21, BEGIN "W\xe2\x80\xa6" END },
	{ "a character of two bytes is one", "\xc3\xa4\xc3\xb6\xc3\xbc", 21,
	  BEGIN "\xc3\xa4\xc3\xb6\xc3\xbc" END },
	{ "markup", "<&>", 100, BEGIN "&#60;&#38;&#62;" END },
};

static void test_line(void **state)
{
	const struct row *row = *state;
	_cleanup_free_ char *svg = write_in(row->text, row->width);

	assert_string_equal(svg, row->expected);
}

static void test_measure(void **state)
{
	const double bold = svg_measure("Kindling", true), thin = svg_measure("Kindling", false);
	const struct svg_line line = { "name", true, 0, 0, 10, 10 * bold + 0.001 };

	assert_true(thin < bold);
	assert_true(bold < svg_measure("WWWWWWWW", true));
	assert_int_equal(svg_count_fitting(&line, "Kindling"), strlen("Kindling"));
	assert_int_equal(svg_count_fitting(&line, "Kindling!"), strlen("Kindling"));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_line, rows);
	TEST(&list, test_measure);
	return test_list_run(&list);
}
