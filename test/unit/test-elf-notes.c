/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "image/elf/elf-notes.h"
#include "loader-files.h"
#include "support.h"

/* What a text gives: each note as PRIORITY:SONAME|SONAME, joined by blanks. */
static const struct row {
	const char *title, *text, *expected;
	int n_left_out;
} rows[] = {
	{ "one",
	  "[{\"feature\":\"zstd\",\"description\":\"Compression\",\"priority\":\"required\","
	  "\"soname\":[\"libzstd.so.1\"]}]",
	  "0:libzstd.so.1", 0 },
	{ "several with alternatives",
	  "[{\"soname\":[\"liba.so.2\",\"liba.so.1\"],\"priority\":\"recommended\"},"
	  "{\"soname\":[\"libb.so\"],\"priority\":\"suggested\"}]",
	  "1:liba.so.2|liba.so.1 2:libb.so", 0 },
	{ "no priority", "[{\"soname\":[\"liba.so.1\"]}]", "1:liba.so.1", 0 },
	{ "unknown members", "[{\"soname\":[\"liba.so.1\"],\"x\":{\"y\":[1]}}]", "1:liba.so.1", 0 },
	{ "an empty array", "[]", "", 0 },
	{ "an unknown priority among good ones",
	  "[{\"soname\":[\"a\"],\"priority\":\"urgent\"},{\"soname\":[\"b\"]}]", "1:b", 1 },
	{ "a priority that is a number", "[{\"soname\":[\"a\"],\"priority\":1}]", "", 1 },
	{ "no soname", "[{\"feature\":\"x\"}]", "", 1 },
	{ "a soname that is no array", "[{\"soname\":\"a\"}]", "", 1 },
	{ "an empty list of sonames", "[{\"soname\":[]}]", "", 1 },
	{ "a soname that is a number", "[{\"soname\":[\"a\",7]}]", "", 1 },
	{ "an empty soname", "[{\"soname\":[\"\"]}]", "", 1 },
	{ "elements that are no objects", "[null,1,\"x\",[]]", "", 4 },
	{ "no array", "{\"soname\":[\"a\"]}", "", 1 },
	{ "cut off", "[{\"soname\":[\"a\"]", "", 1 },
	{ "no JSON", "libzstd.so.1", "", 1 },
	{ "nothing", "", "", 1 },
	{ "too deep", "[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]", "", 1 },
};

static void describe(const struct vec *notes, char *text, size_t size)
{
	const struct dlopen_note *note;
	const char *soname;

	text[0] = '\0';
	vec_for_each(note, notes) {
		size_t at = strlen(text);

		(void)snprintf(text + at, size - at, "%s%d:", at ? " " : "", (int)note->priority);
		vec_for_each(soname, &note->sonames) {
			at = strlen(text);
			(void)snprintf(text + at, size - at, "%s%s", soname_index ? "|" : "",
				       soname);
		}
	}
}

static void check(const struct elf_recipe *recipe, const struct row *row)
{
	uint8_t data[LOADER_FILE_MAX];
	struct vec notes = { 0 };
	struct elf elf;
	char text[256];

	assert_int_equal(elf_parse(data, make_elf(recipe, data), &elf), 0);
	assert_int_equal(elf_notes_read_dlopen(&elf, &notes), row->n_left_out);
	describe(&notes, text, sizeof(text));
	assert_string_equal(text, row->expected);
	vec_done(&notes, dlopen_note_free);
}

static void test_note(void **state)
{
	const struct row *row = *state;

	check(&(struct elf_recipe){ .note = row->text }, row);
}

static void test_big_endian_note(void **state)
{
	const struct row *row = *state;

	check(&(struct elf_recipe){ .note = row->text, .is_big_endian = true }, row);
}

static void test_no_note(void **state)
{
	static const struct row none = { "none", NULL, "", 0 };

	check(&(struct elf_recipe){ .soname = "liba.so" }, &none);
}

/* The third word of the note is its type, and then comes the owner. */
static void test_other_notes(void **state)
{
	static const char text[] = "[{\"soname\":[\"a\"]}]";
	uint8_t data[LOADER_FILE_MAX];
	size_t size = make_elf(&(struct elf_recipe){ .note = text }, data);
	uint8_t *owner = memmem(data, size, "FDO", sizeof("FDO"));
	struct vec notes = { 0 };
	struct elf elf;

	assert_non_null(owner);
	assert_int_equal(elf_parse(data, size, &elf), 0);
	memcpy(owner, "GNU", sizeof("GNU"));
	assert_int_equal(elf_notes_read_dlopen(&elf, &notes), 0);
	assert_int_equal(notes.n_items, 0);
	memcpy(owner, "FDO", sizeof("FDO"));
	owner[-4] ^= 1;
	assert_int_equal(elf_notes_read_dlopen(&elf, &notes), 0);
	assert_int_equal(notes.n_items, 0);
	/* A note that would go on behind the segment's end. */
	owner[-4] ^= 1;
	owner[-8] = 0xff;
	assert_int_equal(elf_notes_read_dlopen(&elf, &notes), 0);
	assert_int_equal(notes.n_items, 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_note, rows);
	TEST_ROWS(&list, test_big_endian_note, rows);
	TEST(&list, test_no_note);
	TEST(&list, test_other_notes);
	return test_list_run(&list);
}
