/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where a text goes: the left end of its base line, and how wide it may be. */
struct svg_line {
	const char *class; /* of the style sheet */
	bool is_bold;      /* as that class says */
	double x, y, font_size, width;
};

/*
 * How wide one font size of @text is at the most, as far as can be told: which font a viewer has is
 * not known.
 */
double svg_measure(const char *text, bool is_bold);

/* How many characters of @text fit; all of them if it fits. */
size_t svg_count_fitting(const struct svg_line *line, const char *text);

/* Writes as much of @text, whose bytes may be anything, as fits. */
void svg_write_line(FILE *stream, const struct svg_line *line, const char *text);
