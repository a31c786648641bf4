/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "image/report/treemap-svg.h"
#include "image/report/treemap.h"

#define BOXES_MAX 256
#define TOLERANCE 1e-6

static const struct treemap_box frame = { 10, 20, 600, 400 };

static double area(const struct treemap_box *box)
{
	return box->width * box->height;
}

static bool overlap(const struct treemap_box *a, const struct treemap_box *b)
{
	return a->x + a->width > b->x + TOLERANCE && b->x + b->width > a->x + TOLERANCE &&
	       a->y + a->height > b->y + TOLERANCE && b->y + b->height > a->y + TOLERANCE;
}

static bool is_within(const struct treemap_box *box, const struct treemap_box *outer)
{
	return box->width >= 0 && box->height >= 0 && box->x >= outer->x - TOLERANCE &&
	       box->y >= outer->y - TOLERANCE &&
	       box->x + box->width <= outer->x + outer->width + TOLERANCE &&
	       box->y + box->height <= outer->y + outer->height + TOLERANCE;
}

/* What must hold of any layout. */
static void check_layout(const double *weights, size_t n, const struct treemap_box *outer)
{
	struct treemap_box boxes[BOXES_MAX];
	double total = 0;

	assert_true(n <= BOXES_MAX);
	for (size_t i = 0; i < n; i++)
		total += weights[i];
	treemap_layout(weights, n, outer, boxes);
	for (size_t i = 0; i < n; i++) {
		double expected = total > 0 ? weights[i] / total * area(outer) : 0;

		assert_true(fabs(area(&boxes[i]) - expected) <= area(outer) * TOLERANCE);
		assert_true(is_within(&boxes[i], outer));
		for (size_t j = 0; j < i; j++)
			assert_false(overlap(&boxes[i], &boxes[j]));
	}
}

static const struct layout_row {
	const char *name;
	double weights[8];
	size_t n;
} layout_rows[] = {
	{ "nothing", { 0 }, 0 },
	{ "one", { 5 }, 1 },
	{ "equal ones", { 1, 1, 1, 1, 1, 1, 1, 1 }, 8 },
	{ "the paper's example", { 6, 6, 4, 3, 2, 2, 1 }, 7 },
	{ "one giant", { 1e12, 1, 1, 1 }, 4 },
	{ "zeros at the end", { 3, 2, 0, 0 }, 4 },
	{ "all zero", { 0, 0, 0 }, 3 },
};

static void test_layout(void **state)
{
	const struct layout_row *row = *state;
	const struct treemap_box flat = { 0, 0, 1000, 1 };

	check_layout(row->weights, row->n, &frame);
	check_layout(row->weights, row->n, &flat);
}

static int compare_doubles(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x < *y) - (*x > *y);
}

static void test_random_layouts(void **state)
{
	uint32_t random = 1;

	for (unsigned int round = 0; round < 50; round++) {
		double weights[BOXES_MAX];
		size_t n = 1 + next_random(&random) % BOXES_MAX;

		for (size_t i = 0; i < n; i++)
			weights[i] = next_random(&random) % (1U << next_random(&random) % 24);
		qsort(weights, n, sizeof(weights[0]), compare_doubles);
		check_layout(weights, n, &frame);
	}
}

/* The example that the paper draws, 6 by 4: first two boxes of 3 by 2, one above the other. */
static void test_squarified(void **state)
{
	const double weights[] = { 6, 6, 4, 3, 2, 2, 1 };
	const struct treemap_box paper = { 0, 0, 6, 4 };
	struct treemap_box boxes[ARRAY_SIZE(weights)];

	treemap_layout(weights, ARRAY_SIZE(weights), &paper, boxes);
	for (size_t i = 0; i < 2; i++) {
		assert_true(fabs(boxes[i].width - 3) < TOLERANCE);
		assert_true(fabs(boxes[i].height - 2) < TOLERANCE);
	}
	/* Then a row of 4 and 3 above the rest, 7/3 high. */
	assert_true(fabs(boxes[2].height - 7.0 / 3) < TOLERANCE);
	assert_true(fabs(boxes[3].height - 7.0 / 3) < TOLERANCE);
	assert_true(fabs(boxes[2].width - 12.0 / 7) < TOLERANCE);
}

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

	TEST_ROWS(&list, test_layout, layout_rows);
	TEST(&list, test_random_layouts);
	TEST(&list, test_squarified);
	TEST(&list, test_svg);
	TEST(&list, test_svg_of_nothing);
	TEST(&list, test_svg_of_odd_names);
	TEST(&list, test_svg_stays_small);
	TEST(&list, test_svg_names_a_strip);
	TEST(&list, test_svg_of_a_deep_path);
	return test_list_run(&list);
}
