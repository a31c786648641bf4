/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in a picture whose viewer wraps nothing and cuts nothing off. */
#include "image/report/svg-text.h"

#include <string.h>

#include "image/report/xml-text.h"

/*
 * How wide a character is in bold, in font sizes, of DejaVu Sans: which font a viewer has is not
 * known, and there are few that are wider.
 */
static double measure_character(char character)
{
	if (((unsigned char)character & 0xc0) == 0x80)
		return 0; /* a part of the one before */
	if (strchr("mwMW%@", character))
		return 1.02;
	if (strchr("ijlft.,:;'|!()[]-/ ", character))
		return 0.42;
	return character >= 'A' && character <= 'Z' ? 0.78 : 0.69;
}

double svg_measure(const char *text, bool is_bold)
{
	double width = 0;

	for (; *text; text++)
		width += measure_character(*text);
	return is_bold ? width : width * 0.9;
}

size_t svg_count_fitting(const struct svg_line *line, const char *text)
{
	double unit = line->font_size * (line->is_bold ? 1 : 0.9), used = 0;
	size_t n = 0;

	for (; *text; text++) {
		double width = measure_character(*text) * unit;

		used += width;
		if (used > line->width)
			break;
		n += width > 0;
	}
	return n;
}

void svg_write_line(FILE *stream, const struct svg_line *line, const char *text)
{
	size_t n_fitting = svg_count_fitting(line, text);

	if (n_fitting == 0)
		return;
	(void)fprintf(stream, "<text class=\"%s\" x=\"%.2f\" y=\"%.2f\" font-size=\"%.1f\">",
		      line->class, line->x, line->y, line->font_size);
	xml_write_text(stream, text, n_fitting);
	(void)fputs("</text>", stream);
}
