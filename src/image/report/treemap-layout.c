/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The squarified treemap of M. Bruls, K. Huizing and J. J. van Wijk, "Squarified Treemaps" (2000):
 * boxes are laid in rows along the shorter side of what is left of the frame, and a row takes boxes
 * as long as that makes the worst of its shapes no worse. Numbers in, numbers out.
 */
#include "image/report/treemap-layout.h"

#include <stdbool.h>

#include "base/macro.h"

/* How far the worst shape in a row along @side is from a square; 1 is a square. */
static double worst_ratio(double smallest, double largest, double row_area, double side)
{
	double side2 = side * side, area2 = row_area * row_area;

	return MAX(side2 * largest / area2, area2 / (side2 * smallest));
}

/* How many of the @n areas make the first row along @side, and what they sum up to. */
static size_t choose_row(const double *weights, size_t n, double scale, double side,
			 double *ret_row_area)
{
	double row_area = weights[0] * scale, worst;
	size_t n_row = 1;

	worst = worst_ratio(row_area, row_area, row_area, side);
	for (; n_row < n && weights[n_row] > 0; n_row++) {
		double area = weights[n_row] * scale, ratio;

		ratio = worst_ratio(area, weights[0] * scale, row_area + area, side);
		if (ratio > worst)
			break;
		worst = ratio;
		row_area += area;
	}
	*ret_row_area = row_area;
	return n_row;
}

/* Lays a row along the shorter side of *@left, which becomes what the row leaves. */
static void lay_row(const double *weights, size_t n_row, double scale, double row_area,
		    struct treemap_box *left, struct treemap_box *ret_boxes)
{
	bool is_column = left->width >= left->height;
	double side = is_column ? left->height : left->width;
	double thickness = MIN(row_area / side, is_column ? left->width : left->height);
	double offset = 0;

	for (size_t i = 0; i < n_row; i++) {
		/* The last one ends where the frame does, whatever the rounding. */
		double length = i + 1 < n_row ? MIN(weights[i] * scale / thickness, side - offset)
					      : side - offset;

		ret_boxes[i] = is_column ? (struct treemap_box){ left->x, left->y + offset,
								 thickness, length }
					 : (struct treemap_box){ left->x + offset, left->y, length,
								 thickness };
		offset += length;
	}
	if (is_column) {
		left->x += thickness;
		left->width -= thickness;
	} else {
		left->y += thickness;
		left->height -= thickness;
	}
}

void treemap_layout(const double *weights, size_t n, const struct treemap_box *frame,
		    struct treemap_box *ret_boxes)
{
	struct treemap_box left = *frame;
	double total = 0, scale, row_area;
	size_t n_row, i = 0;

	for (size_t j = 0; j < n; j++)
		total += weights[j];
	scale = total > 0 ? frame->width * frame->height / total : 0;
	for (; i < n && weights[i] * scale > 0 && left.width > 0 && left.height > 0; i += n_row) {
		n_row = choose_row(weights + i, n - i, scale, MIN(left.width, left.height),
				   &row_area);
		lay_row(weights + i, n_row, scale, row_area, &left, ret_boxes + i);
	}
	for (; i < n; i++)
		ret_boxes[i] = (struct treemap_box){ left.x, left.y, 0, 0 };
}
