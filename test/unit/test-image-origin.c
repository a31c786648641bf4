/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/file.h"
#include "base/strbuf.h"
#include "image/reader/image-origin.h"
#include "newc.h"
#include "recent-log.h"
#include "support.h"

struct row {
	const char *name;
	const char *first, *second; /* the file of each archive, NULL: there is no such archive */
	bool is_kindling;
};

static const struct row rows[] = {
	{ "with a manifest", "usr/lib/kindling/manifest", NULL, true },
	{ "with a manifest, named from the top", "/usr/lib/kindling/manifest", NULL, true },
	{ "behind microcode", "kernel/x86/microcode/GenuineIntel.bin", "usr/lib/kindling/manifest",
	  true },
	{ "of another tool", "init", NULL, false },
	{ "of another tool, with our /init", "usr/lib/kindling/unlock", "init", false },
};

static void put_image(const struct row *row)
{
	_cleanup_strbuf_ struct strbuf image = { 0 };

	newc_add_file(&image, row->first, "content");
	newc_add_trailer(&image);
	if (row->second) {
		newc_add_file(&image, row->second, "content");
		newc_add_trailer(&image);
	}
	write_file(scratch_path("image"), image.data, image.size);
}

static void test_origin(void **state)
{
	const struct row *row = *state;

	recent_log_start();
	put_image(row);
	assert_int_equal(image_origin_is_kindling(scratch_path("image")), row->is_kindling);
	expect_no_message();
}

/* Nobody asked for one, so there is nothing to be said. */
static void test_no_image(void **state)
{
	recent_log_start();
	write_text(scratch_path("image"), "usr/lib/kindling/manifest");
	assert_false(image_origin_is_kindling(scratch_path("image")));
	assert_false(image_origin_is_kindling(scratch_path("nothing")));
	expect_no_message();
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_origin, rows);
	TEST(&list, test_no_image);
	return test_list_run(&list);
}
