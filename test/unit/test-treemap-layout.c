/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "image/report/treemap-layout.h"

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

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_layout, layout_rows);
	TEST(&list, test_random_layouts);
	TEST(&list, test_squarified);
	return test_list_run(&list);
}
