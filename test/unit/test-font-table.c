/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "image/console/font-table.h"
#include "support.h"

struct text_row {
	const char *name;
	const char *text;
	const char *visited; /* glyph:character, each; NULL if @line is wrong */
	unsigned int line;
};

static const struct text_row rows[] = {
	{ "nothing", "", "" },
	{ "one", "0x01 U+0041\n", "1:41 " },
	{ "without a newline", "0x01\tU+0041", "1:41 " },
	{ "decimal and octal", "3 U+41\n010 U+42\n", "3:41 8:42 " },
	{ "several", "0x01 U+0041 U+0391\t U+0410", "1:41 1:391 1:410 " },
	{ "several lines for one", "1 U+41\n0 U+42\n1 U+43\n", "0:42 1:41 1:43 " },
	{ "range", "0x02-0x04 U+0100-U+0102", "2:100 3:101 4:102 " },
	{ "idem", "0x20-0x21 idem", "32:20 33:21 " },
	{ "comments", "# a\n\n  \t# b\n1 U+41 # c\n", "1:41 " },
	{ "carriage returns", "1 U+41\r\n", "1:41 " },
	{ "the last glyph and character", "0xff U+ffff", "255:ffff " },
	{ "all lengths of UTF-8", "1 U+7f U+80 U+7ff U+800", "1:7f 1:80 1:7ff 1:800 " },
	{ "no such glyph", "1 U+41\n0x100 U+41\n", NULL, 2 },
	{ "no such character", "1 U+10000", NULL, 1 },
	{ "no glyph", "U+41", NULL, 1 },
	{ "no character", "1 0x41", NULL, 1 },
	{ "range of another length", "1-2 U+41-U+43", NULL, 1 },
	{ "a range for one glyph", "2 U+0041-U+0043", NULL, 1 },
	{ "half of a pair", "1 U+d800", NULL, 1 },
	{ "half of a pair, the other", "1 U+dfff", NULL, 1 },
	{ "next to halves", "1 U+d7ff U+e000", "1:d7ff 1:e000 " },
	{ "range backwards", "2-1 U+41-U+42", NULL, 1 },
	{ "range without an end", "1- U+41", NULL, 1 },
	{ "several in a range", "1-2 U+41", NULL, 1 },
	{ "negative", "-1 U+41", NULL, 1 },
	{ "overflow", "99999999999999999999 U+41", NULL, 1 },
	{ "words", "1 U+41 A", NULL, 1 },
};

static int note(void *userdata, unsigned int glyph, uint32_t character)
{
	char *text = userdata;

	(void)sprintf(text + strlen(text), "%u:%x ", glyph, character);
	return 0;
}

static void replaces(void **state)
{
	const struct text_row *row = *state;
	unsigned char glyphs[256 * 2];
	const struct psf old = {
		.width = 8,
		.height = 2,
		.n_glyphs = 256,
		.bytes_per_glyph = 2,
		.glyphs = glyphs,
	};
	struct strbuf content = { 0 };
	char visited[256] = "";
	unsigned int line;
	struct psf font;

	for (size_t i = 0; i < sizeof(glyphs); i++)
		glyphs[i] = (unsigned char)(i * 7);
	if (!row->visited) {
		assert_int_equal(font_table_replace(&old, row->text, &content, &line), -EBADMSG);
		assert_int_equal(line, row->line);
		return;
	}
	assert_int_equal(font_table_replace(&old, row->text, &content, &line), 0);
	assert_int_equal(psf_parse(content.data, content.size, &font), 0);
	assert_int_equal(font.width, 8);
	assert_int_equal(font.height, 2);
	assert_int_equal(font.n_glyphs, 256);
	assert_memory_equal(font.glyphs, glyphs, sizeof(glyphs));
	assert_int_equal(psf_visit_characters(&font, note, visited), 0);
	assert_string_equal(visited, row->visited);
	strbuf_done(&content);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, replaces, rows);
	return test_list_run(&list);
}
