/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/report/treemap-svg.h"

static const struct treemap_group groups[] = {
	{ "first", "#111111", "#aaaaaa" },
	{ "second & last", "#222222", "#bbbbbb" },
};

static char *draw(const struct treemap_item *items, size_t n_items)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(
		treemap_write_svg(stream, &(struct treemap_picture){ .title = "a <title>",
								     .subtitle = "it's",
								     .groups = groups,
								     .n_groups = ARRAY_SIZE(groups),
								     .items = items,
								     .n_items = n_items }),
		0);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static size_t count(const char *text, const char *part)
{
	size_t n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

/* Every element that is begun ends, and no markup comes from a name. */
static void check_balanced(const char *svg)
{
	static const char *const elements[][2] = {
		{ "<svg", "</svg>" },      { "<g", "</g>" },          { "<text", "</text>" },
		{ "<title>", "</title>" }, { "<style>", "</style>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(elements); i++)
		assert_int_equal(count(svg, elements[i][0]), count(svg, elements[i][1]));
}

static void test_svg(void **state)
{
	const struct treemap_item items[] = {
		{ "/bin/sh", 5000, 1 },
		{ "/lib/a", 7000, 0 },
		{ "/lib/b<\"&'>", 20000, 0 },
		{ "/lib/empty", 0, 0 },
		{ "/lib/sub/deep/c.ko.xz", 9000, 1 },
	};
	_cleanup_free_ char *svg = draw(items, ARRAY_SIZE(items));

	check_balanced(svg);
	assert_non_null(strstr(svg, "a &#60;title&#62;"));
	assert_non_null(strstr(svg, "it&#39;s"));
	assert_non_null(strstr(svg, "second &#38; last"));
	assert_non_null(strstr(svg, "<title>/lib/b&#60;&#34;&#38;&#39;&#62;&#10;20.0 kB</title>"));
	/* A directory tells what is in it; one with a single file is that file. */
	assert_non_null(strstr(svg, "<title>/lib/ (3 files)&#10;36.0 kB</title>"));
	assert_non_null(strstr(svg, "<title>/bin/sh&#10;5.0 kB</title>"));
	assert_non_null(strstr(svg, ">c</text>"));
	/* What has no size is not shown. */
	assert_null(strstr(svg, "empty"));
	/* A box for each file and a square for each group of the legend. */
	assert_int_equal(count(svg, "fill=\"#111111\""), 3);
	assert_int_equal(count(svg, "fill=\"#222222\""), 3);
}

static void test_svg_of_nothing(void **state)
{
	const struct treemap_item empty = { "/a", 0, 0 };
	_cleanup_free_ char *none = draw(NULL, 0), *zero = draw(&empty, 1);

	check_balanced(none);
	assert_string_equal(none, zero);
	assert_null(strstr(none, "class=\"box\""));
}

static void test_svg_of_odd_names(void **state)
{
	const struct treemap_item items[] = {
		{ "/a\x01\x7f", 10, 0 },
		{ "/b\xff\xc0\x80", 10, 0 },
		{ "/c\xed\xa0\x80", 10, 0 },
		{ "/d\xc3\xa4", 10, 0 },
		{ "/e\xf0\x9f\x94\xa5", 10, 0 },
		{ "/f\xe2\x82", 10, 0 },
		{ "/g\tg\n", 10, 0 },
	};
	_cleanup_free_ char *svg = draw(items, ARRAY_SIZE(items));

	assert_non_null(strstr(svg, "/a\xef\xbf\xbd\x7f&#10;10 B"));
	assert_non_null(strstr(svg, "/b\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd&#10;10 B"));
	assert_non_null(strstr(svg, "/c\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd&#10;10 B"));
	assert_non_null(strstr(svg, "/d\xc3\xa4&#10;10 B"));
	assert_non_null(strstr(svg, "/e\xf0\x9f\x94\xa5&#10;10 B"));
	assert_non_null(strstr(svg, "/f\xef\xbf\xbd\xef\xbf\xbd&#10;10 B"));
	assert_non_null(strstr(svg, "/g&#9;g&#10;&#10;10 B"));
}

/* Thousands of files in a directory that gets no more than a pixel are but one box. */
static void test_svg_stays_small(void **state)
{
	static struct treemap_item items[5001];
	_cleanup_free_ char *svg = NULL;

	for (size_t i = 0; i < 5000; i++) {
		static char paths[5000][32];

		(void)snprintf(paths[i], sizeof(paths[i]), "/a/%04zu", i);
		items[i] = (struct treemap_item){ paths[i], 1, 0 };
	}
	items[5000] = (struct treemap_item){ "/b", 1000000000, 1 };
	svg = draw(items, ARRAY_SIZE(items));
	assert_non_null(strstr(svg, "<title>/a/ (5000 files)&#10;5.0 kB</title>"));
	assert_true(count(svg, "<rect") < 10);
}

/* The last of the bytes is a strip at the side: too narrow for its name, unless that runs down. */
static void test_svg_names_a_strip(void **state)
{
	static const struct treemap_item items[] = {
		{ "/lib", 992, 0 },
		{ "/init", 8, 1 },
	};
	_cleanup_free_ char *svg = draw(items, ARRAY_SIZE(items));

	check_balanced(svg);
	assert_int_equal(count(svg, "rotate(90)"), 1);
	assert_non_null(strstr(strstr(svg, "rotate(90)"), ">init</text></g>"));
	assert_non_null(strstr(svg, "8 B, 0.8%"));
}

static void test_svg_of_a_deep_path(void **state)
{
	static char path[4096];
	const struct treemap_item items[] = { { path, 10, 0 }, { "/b", 10, 0 } };
	_cleanup_free_ char *svg = NULL;

	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "/a", 2);
	svg = draw(items, ARRAY_SIZE(items));
	check_balanced(svg);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_svg);
	TEST(&list, test_svg_of_nothing);
	TEST(&list, test_svg_of_odd_names);
	TEST(&list, test_svg_stays_small);
	TEST(&list, test_svg_names_a_strip);
	TEST(&list, test_svg_of_a_deep_path);
	return test_list_run(&list);
}
