/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "image/report/treemap-tree.h"

/* What is shown in one colour. */
struct treemap_group {
	const char *name;
	const char *fill, *text; /* colours of its boxes and of what is written in them */
};

struct treemap_picture {
	const char *title, *subtitle;
	const struct treemap_group *groups;
	size_t n_groups;
	const struct treemap_item *items; /* by path, directories before what is in them */
	size_t n_items;
};

/*
 * Writes the items as nested boxes, a self-contained SVG. 0 or -ENOMEM; whether the stream took it,
 * ferror(3) tells.
 */
int treemap_write_svg(FILE *stream, const struct treemap_picture *picture);
