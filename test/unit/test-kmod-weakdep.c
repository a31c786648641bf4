/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "image/modules/kmod-weakdep.h"
#include "support.h"

struct text {
	const char *title, *text, *expected; /* "name>words|" of each */
};

static const struct text texts[] = {
	{ "nothing", "", "" },
	{ "one line", "weakdep a b c\n", "a>b c|" },
	{ "no newline at the end", "weakdep a b", "a>b|" },
	{ "tabs and many spaces", " \tweakdep \t a\tb  c\n", "a>b  c|" },
	{ "dashes in the name", "weakdep a-b c-d\n", "a_b>c-d|" },
	{ "a pattern", "weakdep a[-x]-? b\n", "a[-x]_?>b|" },
	{ "other commands", "softdep a pre: b\nweakdepx a b\nalias weakdep b\nweakdep c d\n",
	  "c>d|" },
	{ "comments and empty lines", "#weakdep a b\n\n# weakdep a b\nweakdep c d\n", "c>d|" },
	{ "a line that goes on", "weakdep a \\\nb\nweakdep c d\n", "a>  b|c>d|" },
	{ "the command goes on", "weakdep\\\n a b\n", "a>b|" },
	{ "no name", "weakdep\nweakdep \n", "" },
	{ "no words", "weakdep a\n", "" },
	{ "unpaired brackets", "weakdep a[ b\nweakdep c d\n", "c>d|" },
};

static int append(void *userdata, const char *name, const char *words)
{
	strbuf_printf(userdata, "%s>%s|", name, words);
	return 0;
}

static void test_text(void **state)
{
	const struct text *text = *state;
	_cleanup_strbuf_ struct strbuf found = { 0 };
	_cleanup_free_ char *copy = strdup(text->text);

	assert_non_null(copy);
	assert_int_equal(kmod_weakdep_parse(copy, append, &found), 0);
	assert_string_equal(strbuf_string(&found), text->expected);
}

static int refuse(void *userdata, const char *name, const char *words)
{
	return -EPERM;
}

static void test_visit_ends(void **state)
{
	char text[] = "weakdep a b\nweakdep c d\n";

	assert_int_equal(kmod_weakdep_parse(text, refuse, NULL), -EPERM);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_text, texts);
	TEST(&list, test_visit_ends);
	return test_list_run(&list);
}
