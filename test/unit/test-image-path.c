/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "image/reader/image-path.h"

static const struct path_row {
	const char *name, *stored, *expected;
} paths[] = {
	{ "as cpio stores it", "usr/lib/x", "/usr/lib/x" },
	{ "as find prints it", "./usr/lib/x", "/usr/lib/x" },
	{ "absolute", "/init", "/init" },
	{ "slashes", "//usr///lib//", "/usr/lib" },
	{ "dots", "usr/./lib/.", "/usr/lib" },
	{ "root", ".", "/" },
	{ "empty", "", "/" },
	{ "hidden files", ".a/..b/c../...", "/.a/..b/c../..." },
	{ "up", "../x", NULL },
	{ "up and down", "usr/../x", NULL },
	{ "up at the end", "usr/..", NULL },
	{ "up alone", "..", NULL },
};

static void normalises_path(void **state)
{
	const struct path_row *row = *state;
	_cleanup_free_ char *path = NULL;

	assert_int_equal(image_path_normalise(row->stored, &path), row->expected ? 0 : -EINVAL);
	if (row->expected)
		assert_string_equal(path, row->expected);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, normalises_path, paths);
	return test_list_run(&list);
}
