/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

struct treemap_box {
	double x, y, width, height;
};

/*
 * Divides @frame among @n weights, which are not negative, the largest first: each gets a box whose
 * area is proportional to its weight, as near to a square as the others leave it. What has no
 * weight gets an empty box within the frame.
 */
void treemap_layout(const double *weights, size_t n, const struct treemap_box *frame,
		    struct treemap_box *ret_boxes);
