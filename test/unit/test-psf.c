/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/psf.h"
#include "support.h"

#define PSF1(mode, height) "\x36\x04" mode height

/* A header of version 2, whose numbers are small: glyphs, bytes of each, height, width. */
#define PSF2_HEADER(flags, n, size, height, width)                                          \
	"\x72\xb5\x4a\x86" NUMBER("\0") NUMBER("\x20") NUMBER(flags) NUMBER(n) NUMBER(size) \
		NUMBER(height) NUMBER(width)
#define NUMBER(byte) byte "\0\0\0"

/* Two glyphs of 12x2 pixels. */
#define TWO_GLYPHS        PSF2_HEADER("\1", "\2", "\4", "\2", "\14") "ABCDabcd"
#define TWO_SILENT_GLYPHS PSF2_HEADER("\0", "\2", "\4", "\2", "\14") "ABCDabcd"

struct table_row {
	const char *name;
	const char *table; /* what follows the glyphs */
	size_t size;
	int result;
	const char *visited; /* glyph:character, each */
};

#define TABLE(bytes) bytes, sizeof(bytes) - 1

static const struct table_row tables_2[] = {
	{ "one character each", TABLE("A\xff\xc3\xa4\xff"), 0, "0:41 1:e4 " },
	{ "several", TABLE("A\xe2\x82\xac\xff\xff"), 0, "0:41 0:20ac " },
	{ "sequences are passed over",
	  TABLE("A\xfe"
		"A\xcc\x8a\xfe"
		"B\xff"
		"C\xff"),
	  0, "0:41 1:43 " },
	{ "NUL is a character", TABLE("\0\xff\xff"), 0, "0:0 " },
	{ "beyond 16 bits", TABLE("\xf0\x9f\x94\xa5\xff\xff"), 0, "0:1f525 " },
	{ "bytes after the last are no matter",
	  TABLE("A\xff\xff"
		"more"),
	  0, "0:41 " },
	{ "no UTF-8", TABLE("A\x80\xff\xff"), -EBADMSG, "0:41 " },
	{ "a character that is cut off", TABLE("\xe2\x82\xff\xff"), -EBADMSG, "" },
	{ "ends after the first", TABLE("A\xff"), -EBADMSG, "0:41 " },
	{ "ends within a character", TABLE("A\xff\xe2"), -EBADMSG, "0:41 " },
	{ "nothing", TABLE(""), -EBADMSG, "" },
};

/* For 256 glyphs; what is not there is "\xff\xff" for each. */
static const struct table_row tables_1[] = {
	{ "one character", TABLE("A\0\xff\xff"), 0, "0:41 " },
	{ "several",
	  TABLE("A\0\xac\x20\xff\xff"
		"B\0\xff\xff"),
	  0, "0:41 0:20ac 1:42 " },
	{ "sequences are passed over",
	  TABLE("A\0\xfe\xff"
		"B\0C\0\xff\xff"
		"D\0\xff\xff"),
	  0, "0:41 1:44 " },
};

static int note(void *userdata, unsigned int glyph, uint32_t character)
{
	char *text = userdata;

	(void)sprintf(text + strlen(text), "%u:%x ", glyph, character);
	return 0;
}

static void expect_visits(const char *data, size_t size, const struct table_row *row)
{
	char visited[256] = "";
	struct psf psf;

	assert_int_equal(psf_parse(data, size, &psf), 0);
	assert_int_equal(psf_visit_characters(&psf, note, visited), row->result);
	assert_string_equal(visited, row->visited);
}

static void visits_version_2(void **state)
{
	const struct table_row *row = *state;
	char data[256];

	memcpy(data, TWO_GLYPHS, sizeof(TWO_GLYPHS) - 1);
	memcpy(data + sizeof(TWO_GLYPHS) - 1, row->table, row->size);
	expect_visits(data, sizeof(TWO_GLYPHS) - 1 + row->size, row);
}

#define PSF1_GLYPHS_END (4 + 256 * 3)

static void visits_version_1(void **state)
{
	const struct table_row *row = *state;
	char data[PSF1_GLYPHS_END + 1024] = PSF1("\2", "\3");

	memset(data + PSF1_GLYPHS_END, 0xff, 1024);
	memcpy(data + PSF1_GLYPHS_END, row->table, row->size);
	expect_visits(data, sizeof(data), row);
}

static void a_table_of_version_1_may_be_cut_off(void **state)
{
	static const struct table_row row = { .result = -EBADMSG, .visited = "0:41 " };
	char data[PSF1_GLYPHS_END + 7] = PSF1("\2", "\3");

	memcpy(data + PSF1_GLYPHS_END,
	       "A\0\xff\xff\xff\xff"
	       "B",
	       7);
	expect_visits(data, sizeof(data), &row);
}

static void no_table_is_no_error(void **state)
{
	static const struct table_row row = { .visited = "" };

	expect_visits(TWO_SILENT_GLYPHS, sizeof(TWO_SILENT_GLYPHS) - 1, &row);
}

static int refuse(void *userdata, unsigned int glyph, uint32_t character)
{
	return -ENOSPC;
}

static void the_visitor_may_end_it(void **state)
{
	static const char font[] = TWO_GLYPHS "A\xff\xff";
	struct psf psf;

	assert_int_equal(psf_parse(font, sizeof(font) - 1, &psf), 0);
	assert_int_equal(psf_visit_characters(&psf, refuse, NULL), -ENOSPC);
}

static void measures_version_2(void **state)
{
	struct psf psf;

	assert_int_equal(psf_parse(TWO_SILENT_GLYPHS, sizeof(TWO_SILENT_GLYPHS) - 1, &psf), 0);
	assert_int_equal(psf.version, 2);
	assert_int_equal(psf.width, 12);
	assert_int_equal(psf.height, 2);
	assert_int_equal(psf.n_glyphs, 2);
	assert_int_equal(psf.bytes_per_glyph, 4);
	assert_memory_equal(psf.glyphs, "ABCDabcd", 8);
	assert_null(psf.unicode);
}

static void measures_version_1(void **state)
{
	static const char font[4 + 512 * 16] = PSF1("\1", "\20");
	struct psf psf;

	assert_int_equal(psf_parse(font, sizeof(font), &psf), 0);
	assert_int_equal(psf.version, 1);
	assert_int_equal(psf.width, 8);
	assert_int_equal(psf.height, 16);
	assert_int_equal(psf.n_glyphs, 512);
	assert_int_equal(psf.bytes_per_glyph, 16);
	assert_ptr_equal(psf.glyphs, font + 4);
	assert_null(psf.unicode);
}

struct damage_row {
	const char *name;
	const char *data;
	size_t size;
};

static const struct damage_row damages[] = {
	{ "nothing", TABLE("") },
	{ "only a magic number", TABLE("\x36\x04") },
	{ "a font for the BIOS", TABLE("\x55\xaa\x00\x10") },
	{ "glyphs are missing", TABLE(PSF1("\0", "\1") "abc") },
	{ "no height", TABLE(PSF1("\0", "\0")) },
	{ "higher than the kernel takes", TABLE(PSF1("\0", "\x81")) },
	{ "a header that is cut off", TABLE("\x72\xb5\x4a\x86" NUMBER("\0") NUMBER("\x20")) },
	{ "an unknown version",
	  TABLE("\x72\xb5\x4a\x86" NUMBER("\1") NUMBER("\x20") NUMBER("\0") NUMBER("\1")
			NUMBER("\1") NUMBER("\1") NUMBER("\1") "a") },
	{ "a header that is too short",
	  TABLE("\x72\xb5\x4a\x86" NUMBER("\0") NUMBER("\x1f") NUMBER("\0") NUMBER("\1")
			NUMBER("\1") NUMBER("\1") NUMBER("\1") "a") },
	{ "a header longer than the file",
	  TABLE("\x72\xb5\x4a\x86" NUMBER("\0") NUMBER("\x7f") NUMBER("\0") NUMBER("\1")
			NUMBER("\1") NUMBER("\1") NUMBER("\1") "a") },
	{ "no glyphs", TABLE(PSF2_HEADER("\0", "\0", "\1", "\1", "\1")) },
	{ "more glyphs than there are bytes",
	  TABLE(PSF2_HEADER("\0", "\2", "\1", "\1", "\1") "a") },
	{ "the size is not that of the measures",
	  TABLE(PSF2_HEADER("\0", "\1", "\2", "\1", "\1") "ab") },
	{ "no width", TABLE(PSF2_HEADER("\0", "\1", "\0", "\1", "\0")) },
	{ "wider than the kernel takes",
	  TABLE(PSF2_HEADER("\0", "\1", "\x9", "\1", "\x41") "123456789") },
	{ "more glyphs than the kernel takes",
	  TABLE("\x72\xb5\x4a\x86" NUMBER("\0") NUMBER("\x20") NUMBER("\0") "\1\2\0\0" NUMBER("\1")
			NUMBER("\1") NUMBER("\1")) },
};

static void refuses(void **state)
{
	const struct damage_row *row = *state;
	struct psf psf;

	assert_int_equal(psf_parse(row->data, row->size, &psf), -EBADMSG);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, measures_version_1);
	TEST(&list, measures_version_2);
	TEST_ROWS(&list, visits_version_1, tables_1);
	TEST_ROWS(&list, visits_version_2, tables_2);
	TEST(&list, a_table_of_version_1_may_be_cut_off);
	TEST(&list, no_table_is_no_error);
	TEST(&list, the_visitor_may_end_it);
	TEST_ROWS(&list, refuses, damages);
	return test_list_run(&list);
}
