/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/softdep.h"
#include "support.h"

static const struct row {
	const char *name, *text, *pre, *post;
} rows[] = {
	{ "nothing", "", "", "" },
	{ "one before", "pre: a", "a", "" },
	{ "several before", "pre: a crypto-b c", "a crypto-b c", "" },
	{ "several after", "post: a b", "", "a b" },
	{ "both, with nothing between", "pre: a bpost: c d", "a b", "c d" },
	{ "both, with a blank between", "pre: a post: c", "a ", "c" },
	{ "no dependency of either kind", "a b", "", "" },
	{ "only the marker", "pre: ", "", "" },
	{ "only both markers", "pre: post: ", "", "" },
};

static void test_parse(void **state)
{
	const struct row *row = *state;
	_cleanup_softdep_ struct softdep softdep = { 0 };

	assert_int_equal(softdep_parse(row->text, &softdep), 0);
	assert_string_equal(softdep.pre, row->pre);
	assert_string_equal(softdep.post, row->post);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_parse, rows);
	return test_list_run(&list);
}
