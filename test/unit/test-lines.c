/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lines.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "support.h"

struct row {
	const char *name;
	const char *text;
	const char *lines; /* "NUMBER:LINE;" each */
};

static const struct row rows[] = {
	{ "nothing", "", "1:;" },
	{ "one line, without its end", "a", "1:a;" },
	{ "one line", "a\n", "1:a;2:;" },
	{ "several, some empty", "\n\na b\r\nc", "1:;2:;3:a b\r;4:c;" },
};

/* "stop" ends it. */
static int note(void *userdata, char *line, unsigned int number)
{
	strbuf_printf(userdata, "%u:%s;", number, line);
	return str_equal(line, "stop") ? -EPERM : (int)number;
}

static void walks(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf found = { 0 };

	assert_true(lines_for_each(row->text, note, &found) > 0);
	assert_string_equal(strbuf_string(&found), row->lines);
}

static void test_error_ends_it(void **state)
{
	_cleanup_strbuf_ struct strbuf found = { 0 };

	assert_int_equal(lines_for_each("a\nstop\nb\n", note, &found), -EPERM);
	assert_string_equal(strbuf_string(&found), "1:a;2:stop;");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, walks, rows);
	TEST(&list, test_error_ends_it);
	return test_list_run(&list);
}
