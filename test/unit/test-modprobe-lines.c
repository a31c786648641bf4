/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of modprobe.d(5), and what is said of bad ones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "image/modules/modprobe-lines.h"
#include "recent-log.h"
#include "support.h"

struct text {
	const char *title, *text, *expected; /* "command:name>rest|" of each */
	const char *complaint;
};

static const struct text texts[] = {
	{ "nothing", "", "" },
	{ "one line", "weakdep a b c\n", "weakdep:a>b c|" },
	{ "no newline at the end", "weakdep a b", "weakdep:a>b|" },
	{ "a backslash at the end", "weakdep a b\\", "weakdep:a>b\\|" },
	{ "tabs and many spaces", " \tsoftdep \t a\tpre:  c\r\n", "softdep:a>pre:  c\r|" },
	{ "dashes in the name", "weakdep a-b c-d\n", "weakdep:a_b>c-d|" },
	{ "a pattern", "alias a[-x]-? b\n", "alias:a[-x]_?>b|" },
	{ "all commands", "alias a b\nblacklist a\ninstall a /bin/b c\noptions a b=1\nremove a c\n",
	  "alias:a>b|blacklist:a>|install:a>/bin/b c|options:a>b=1|remove:a>c|" },
	{ "comments and empty lines", "#weakdep a b\n\n \n # weakdep a b\nweakdep c d\n",
	  "weakdep:c>d|" },
	{ "a line that goes on", "weakdep a \\\nb\nweakdep c d\n", "weakdep:a>b|weakdep:c>d|" },
	{ "the command goes on", "weakdep\\\n a b\n", "weakdep:a>b|" },
	{ "a character after a backslash", "install a b\\$c\n", "install:a>b$c|" },
	{ "another command", "weakdep a b\nweakdepx a b\nweakdep c d\n", "weakdep:a>b|weakdep:c>d|",
	  "dir/a.conf, line 2 (\"weakdepx …\"): there is no such command, going on without" },
	{ "no name", "weakdep \n", "", "line 1 (\"weakdep …\"): something is missing" },
	{ "no words", "\nsoftdep a\n", "", "line 2 (\"softdep …\"): something is missing" },
	{ "unpaired brackets", "weakdep a \\\nb\nalias a[ b\nweakdep c d\n",
	  "weakdep:a>b|weakdep:c>d|", "line 3 (\"alias …\"): brackets do not pair up" },
};

static int append(void *userdata, const struct modprobe_line *line)
{
	strbuf_printf(userdata, "%s:%s>%s|", line->command, line->name, line->rest);
	return 0;
}

static void test_text(void **state)
{
	const struct text *text = *state;
	_cleanup_strbuf_ struct strbuf found = { 0 };
	_cleanup_free_ char *copy = strdup(text->text);

	assert_non_null(copy);
	recent_log_start();
	assert_int_equal(modprobe_lines_parse("dir/a.conf", copy, append, &found), 0);
	assert_string_equal(strbuf_string(&found), text->expected);
	if (text->complaint)
		expect_message(text->complaint);
	else
		expect_no_message();
}

static int refuse(void *userdata, const struct modprobe_line *line)
{
	return -EPERM;
}

static void test_visit_ends(void **state)
{
	char text[] = "weakdep a b\nweakdep c d\n";

	assert_int_equal(modprobe_lines_parse("a.conf", text, refuse, NULL), -EPERM);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_text, texts);
	TEST(&list, test_visit_ends);
	return test_list_run(&list);
}
