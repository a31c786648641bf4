/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which characters the glyphs of a font are for, as a text:
 *
 *	0x41	U+0041 U+0391	# one glyph for several characters
 *	0x20-0x7e	U+0020-U+007e
 *	0x20-0x7e	idem
 *
 * In the image it is a part of the font, so that /init has one file to read.
 */
#include "image/console/font-table.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/lines.h"
#include "base/str.h"

#define SPACE         " \t\r,"
#define CHARACTER_MAX 0xffff /* the kernel has 16 bits for one */

#define SURROGATE_FIRST 0xd800
#define SURROGATE_LAST  0xdfff

#define PSF2_HEADER_SIZE 32

struct table {
	struct strbuf characters[PSF_GLYPHS_MAX]; /* of each glyph, in UTF-8 */
	unsigned int n_glyphs;
	unsigned int line; /* of the text, that is being parsed */
};

struct range {
	unsigned long first, last;
};

static void append_utf8(struct strbuf *buf, unsigned long character)
{
	const unsigned char two[] = {
		(unsigned char)(0xc0 | character >> 6),
		(unsigned char)(0x80 | (character & 0x3f)),
	};
	const unsigned char three[] = {
		(unsigned char)(0xe0 | character >> 12),
		(unsigned char)(0x80 | (character >> 6 & 0x3f)),
		(unsigned char)(0x80 | (character & 0x3f)),
	};

	if (character < 0x80)
		strbuf_append_bytes(buf, &(unsigned char){ (unsigned char)character }, 1);
	else if (character < 0x800)
		strbuf_append_bytes(buf, two, sizeof(two));
	else
		strbuf_append_bytes(buf, three, sizeof(three));
}

/* A number at *@next, which moves on behind it. */
static bool read_number(const char **next, const char *prefix, int base, unsigned long max,
			unsigned long *ret_number)
{
	const char *digits = prefix ? str_after_prefix(*next, prefix) : *next;
	char *end;

	if (!digits || !isxdigit((unsigned char)*digits))
		return false;
	*ret_number = strtoul(digits, &end, base);
	*next = end;
	return *ret_number <= max;
}

/* A number, or two with a dash between; @last is then at least @first. */
static bool read_range(const char **next, const char *prefix, int base, unsigned long max,
		       struct range *ret_range)
{
	if (!read_number(next, prefix, base, max, &ret_range->first))
		return false;
	ret_range->last = ret_range->first;
	if (**next != '-')
		return true;
	++*next;
	return read_number(next, prefix, base, max, &ret_range->last) &&
	       ret_range->last >= ret_range->first;
}

/* Whether there are halves of UTF-16 pairs among them, which are no characters. */
static bool has_surrogate(const struct range *characters)
{
	return characters->first <= SURROGATE_LAST && characters->last >= SURROGATE_FIRST;
}

/* The characters are for the glyphs one by one. */
static bool add(struct table *table, const struct range *glyphs, const struct range *characters)
{
	if (characters->last - characters->first != glyphs->last - glyphs->first ||
	    has_surrogate(characters))
		return false;
	for (unsigned long i = 0; i <= glyphs->last - glyphs->first; i++)
		append_utf8(&table->characters[glyphs->first + i], characters->first + i);
	return true;
}

static bool parse_line(struct table *table, char *line)
{
	const char *next = line;
	struct range glyphs, characters;

	line[strcspn(line, "#")] = '\0';
	next += strspn(next, SPACE);
	if (!*next)
		return true;
	if (!read_range(&next, NULL, 0, table->n_glyphs - 1, &glyphs))
		return false;
	for (next += strspn(next, SPACE); *next; next += strspn(next, SPACE)) {
		const char *after = str_after_prefix(next, "idem");

		if (after)
			characters = glyphs;
		else if (read_range(&next, "U+", 16, CHARACTER_MAX, &characters))
			after = next;
		if (!after || !add(table, &glyphs, &characters))
			return false;
		next = after;
	}
	return true;
}

static int on_line(void *userdata, char *line, unsigned int number)
{
	struct table *table = userdata;

	table->line = number;
	return parse_line(table, line) ? 0 : -EBADMSG;
}

static void append_u32(struct strbuf *buf, size_t number)
{
	const unsigned char bytes[] = {
		(unsigned char)number,
		(unsigned char)(number >> 8),
		(unsigned char)(number >> 16),
		(unsigned char)(number >> 24),
	};

	strbuf_append_bytes(buf, bytes, sizeof(bytes));
}

/* A font of version 2; config/psf.c tells what is what. */
static void write_font(const struct psf *font, struct table *table, struct strbuf *content)
{
	const size_t header[] = {
		0x864ab572,       0,
		PSF2_HEADER_SIZE, 1,
		font->n_glyphs,   font->bytes_per_glyph,
		font->height,     font->width,
	};

	for (size_t i = 0; i < ARRAY_SIZE(header); i++)
		append_u32(content, header[i]);
	strbuf_append_bytes(content, font->glyphs, font->n_glyphs * font->bytes_per_glyph);
	for (unsigned int glyph = 0; glyph < font->n_glyphs; glyph++) {
		struct strbuf *characters = &table->characters[glyph];

		strbuf_append_bytes(content, strbuf_string(characters), characters->size);
		strbuf_append_bytes(content, "\xff", 1);
		content->failed = content->failed || characters->failed;
	}
}

int font_table_replace(const struct psf *font, const char *text, struct strbuf *content,
		       unsigned int *ret_line)
{
	struct table *table = calloc(1, sizeof(*table));
	int r;

	if (!table)
		return -ENOMEM;
	table->n_glyphs = font->n_glyphs;
	r = lines_for_each(text, on_line, table);
	*ret_line = table->line;
	if (r >= 0)
		write_font(font, table, content);
	if (r >= 0 && content->failed)
		r = -ENOMEM;
	for (unsigned int glyph = 0; glyph < table->n_glyphs; glyph++)
		strbuf_done(&table->characters[glyph]);
	free(table);
	return r;
}
