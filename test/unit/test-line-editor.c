/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <string.h>

#include "base/secret.h"
#include "init/prompt.h"
#include "support.h"

struct keys_row {
	const char *name;
	const char *keys; /* Enter follows */
	const char *expected;
};

static const struct keys_row rows[] = {
	{ "nothing", "", "" },
	{ "letters and spaces", " correct horse ", " correct horse " },
	{ "UTF-8", "\xc3\xa4\xe2\x82\xac", "\xc3\xa4\xe2\x82\xac" },
	{ "backspace",
	  "ab\x7f"
	  "c",
	  "ac" },
	{ "control H", "ab\bc", "ac" },
	{ "backspace over UTF-8",
	  "a\xe2\x82\xac\x7f"
	  "b",
	  "ab" },
	{ "backspace over nothing",
	  "\x7f\x7f"
	  "a",
	  "a" },
	{ "control U", "wrong\x15right", "right" },
	{ "control W", "wrong words\x17right", "right" },
	{ "other control bytes",
	  "\x01"
	  "a\tb\x03"
	  "c\x04\x1a\x1c",
	  "abc" },
	{ "cursor keys", "a\x1b[Ab\x1b[D\x1b[Cc", "abc" },
	{ "application cursor keys", "a\x1bOAb", "ab" },
	{ "Delete and Page Up", "a\x1b[3~b\x1b[5~", "ab" },
	{ "a cursor key with Control", "a\x1b[1;5Cb", "ab" },
	{ "F1 of a terminal", "a\x1bOPb", "ab" },
	{ "F5 of a terminal", "a\x1b[15~b", "ab" },
	{ "F1 of the kernel's console", "a\x1b[[Ab", "ab" },
	{ "Alt and a letter",
	  "a\x1b"
	  "bc",
	  "ac" },
	{ "Escape and then a cursor key", "a\x1b\x1b[Ab", "ab" },
	{ "a bracketed paste", "a\x1b[200~pasted\x1b[201~b", "apastedb" },
	{ "Backspace within a sequence",
	  "ab\x1b[\x7f"
	  "c",
	  "ac" },
	{ "an unfinished sequence before Enter", "a\x1b[20", "a" },
	{ "a sequence that breaks off for another", "a\x1b[1\x1b[3~b", "ab" },
	{ "a cut character",
	  "a\xe2\x82\x7f"
	  "b",
	  "ab" },
	{ "a lone Escape before Enter", "a\x1b", "a" },
	{ "Escape twice before Enter", "a\x1b\x1b", "a" },
};

static void feed(struct line_editor *editor, const char *keys, size_t size)
{
	for (size_t i = 0; i < size; i++)
		assert_false(line_editor_feed(editor, keys[i]));
}

static void assert_line(const struct line_editor *editor, const char *expected)
{
	assert_int_equal(editor->line->size, strlen(expected));
	assert_memory_equal(editor->line->bytes, expected, strlen(expected));
}

static void edits(void **state)
{
	static const char enter[] = { '\r', '\n' };
	const struct keys_row *row = *state;

	for (size_t i = 0; i < ARRAY_SIZE(enter); i++) {
		struct line_editor editor = { .line = secret_new() };

		feed(&editor, row->keys, strlen(row->keys));
		assert_true(line_editor_feed(&editor, enter[i]));
		assert_line(&editor, row->expected);
		secret_free(editor.line);
	}
}

static void test_null_bytes(void **state)
{
	struct line_editor editor = { .line = secret_new() };

	feed(&editor, "a\0b", 3);
	assert_line(&editor, "ab");
	secret_free(editor.line);
}

static void test_too_long(void **state)
{
	struct line_editor editor = { .line = secret_new() };

	for (unsigned int i = 0; i < SECRET_MAX + 100; i++)
		assert_false(line_editor_feed(&editor, i < SECRET_MAX ? 'a' : 'b'));
	assert_int_equal(editor.line->size, SECRET_MAX);
	assert_null(memchr(editor.line->bytes, 'b', SECRET_MAX));
	feed(&editor,
	     "\x7f\x7f"
	     "cd",
	     4);
	assert_int_equal(editor.line->size, SECRET_MAX);
	assert_memory_equal(editor.line->bytes + SECRET_MAX - 3, "acd", 3);
	assert_true(line_editor_feed(&editor, '\n'));
	secret_free(editor.line);
}

static void test_tab(void **state)
{
	struct line_editor editor = { .line = secret_new() };

	feed(&editor, "a\tb", 3);
	assert_true(editor.is_shown);
	feed(&editor, "\tc", 2);
	assert_false(editor.is_shown);
	assert_line(&editor, "abc");
	secret_free(editor.line);
}

/* Nothing that can be typed gets past the line's ends. */
static void test_anything(void **state)
{
	struct line_editor editor = { .line = secret_new() };
	uint32_t random = 1;

	for (unsigned int i = 0; i < 1000000; i++) {
		uint32_t number = next_random(&random);
		/* Many of those that mean something. */
		char byte = number % 4 ? (char)(number >> 8) : "\x7f\x1b[\t"[number >> 8 & 3];

		(void)line_editor_feed(&editor, byte);
		assert_in_range(editor.line->size, 0, SECRET_MAX);
	}
	secret_free(editor.line);
}

/* Wiped, not only shortened. */
static void test_erased_text_is_gone(void **state)
{
	struct line_editor editor = { .line = secret_new() };

	feed(&editor,
	     "hunter2\x15"
	     "ab\x7f",
	     11);
	assert_line(&editor, "a");
	for (size_t i = 1; i < SECRET_MAX; i++)
		assert_int_equal(editor.line->bytes[i], 0);
	secret_free(editor.line);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, edits, rows);
	TEST(&list, test_null_bytes);
	TEST(&list, test_too_long);
	TEST(&list, test_tab);
	TEST(&list, test_anything);
	TEST(&list, test_erased_text_is_gone);
	return test_list_run(&list);
}
