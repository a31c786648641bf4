/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "base/strbuf.h"
#include "config/keyfile.h"
#include "support.h"

static const struct row {
	const char *name;
	const char *text;
	const char *expected; /* LINE [KEY]=[VALUE] of each setting, LINE ![TEXT] of what is none */
} rows[] = {
	{ "empty", "", "" },
	{ "one", "a = b\n", "1 [a]=[b]\n" },
	{ "without blanks", "a=b\n", "1 [a]=[b]\n" },
	{ "without a final newline", "a=b", "1 [a]=[b]\n" },
	{ "blanks all around", "\t a \t=\t b c \t\n", "1 [a]=[b c]\n" },
	{ "of another system", "a = b\r\nc = \"d\"\r\n\r\n", "1 [a]=[b]\n2 [c]=[d]\n" },
	{ "lines are counted", "\n\n# c\n  ; d\na = b\n \t\nc = d\n", "5 [a]=[b]\n7 [c]=[d]\n" },
	{ "comment sign within a value", "a = b # c\n", "1 [a]=[b # c]\n" },
	{ "no value", "a =\nb =   \n", "1 [a]=[]\n2 [b]=[]\n" },
	{ "first equals sign counts", "a = b=c = d\n", "1 [a]=[b=c = d]\n" },
	{ "quotes", "a = \" b \"\n", "1 [a]=[ b ]\n" },
	{ "empty quotes", "a = \"\"\n", "1 [a]=[]\n" },
	{ "one quote", "a = \"\nb = \"c\nd = e\"\n", "1 [a]=[\"]\n2 [b]=[\"c]\n3 [d]=[e\"]\n" },
	{ "quotes within", "a = b\"c\"\nb = \"c\" d\n", "1 [a]=[b\"c\"]\n2 [b]=[\"c\" d]\n" },
	{ "quotes around a key", "\"a\" = b\n", "1 [\"a\"]=[b]\n" },
	{ "blank in a key", "a b = c\n", "1 [a b]=[c]\n" },
	{ "no equals sign", "a b\nc = d\n", "1 ![a b]\n2 [c]=[d]\n" },
	{ "no key", " = b\n=\n", "1 ![= b]\n2 ![=]\n" },
	{ "section", "[a]\n", "1 ![[a]]\n" },
	{ "bytes that are no letters", "\303\244 = \377\n", "1 [\303\244]=[\377]\n" },
};

static int note(void *userdata, unsigned int line, const char *key, const char *value)
{
	if (key)
		strbuf_printf(userdata, "%u [%s]=[%s]\n", line, key, value);
	else
		strbuf_printf(userdata, "%u ![%s]\n", line, value);
	return 0;
}

static void test_parse(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf found = { 0 };

	assert_int_equal(keyfile_parse(row->text, note, &found), 0);
	assert_string_equal(strbuf_string(&found), row->expected);
}

static int refuse_second_line(void *userdata, unsigned int line, const char *key, const char *value)
{
	*(unsigned int *)userdata = line;
	return line == 2 ? -EPERM : 0;
}

static void test_errors_end_the_parsing(void **state)
{
	unsigned int last_line = 0;

	assert_int_equal(keyfile_parse("a=1\nb=2\nc=3\n", refuse_second_line, &last_line), -EPERM);
	assert_int_equal(last_line, 2);
	assert_int_equal(keyfile_parse("a=1\nno setting\nc=3\n", refuse_second_line, &last_line),
			 -EPERM);
	assert_int_equal(last_line, 2);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_parse, rows);
	TEST(&list, test_errors_end_the_parsing);
	return test_list_run(&list);
}
