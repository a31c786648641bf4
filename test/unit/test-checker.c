/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>

#include "base/strbuf.h"
#include "config/checker.h"
#include "support.h"

struct arguments_row {
	const char *name, *type;
	enum fsck_mode mode;
	enum fsck_repair repair;
	const char *expected;
};

static const struct arguments_row arguments_rows[] = {
	{ "as ever", "ext4", FSCK_MODE_AUTO, FSCK_REPAIR_PREEN, "fsck -a -C3 /dev/sda" },
	{ "all of it", "ext3", FSCK_MODE_FORCE, FSCK_REPAIR_YES, "fsck -y -f -C3 /dev/sda" },
	{ "repair nothing", "ext2", FSCK_MODE_AUTO, FSCK_REPAIR_NO, "fsck -n -C3 /dev/sda" },
	{ "vfat", "vfat", FSCK_MODE_AUTO, FSCK_REPAIR_PREEN, "fsck -a /dev/sda" },
	{ "vfat is always checked", "vfat", FSCK_MODE_FORCE, FSCK_REPAIR_YES, "fsck -y /dev/sda" },
	{ "f2fs", "f2fs", FSCK_MODE_FORCE, FSCK_REPAIR_NO, "fsck --dry-run -f /dev/sda" },
	{ "any other", "exfat", FSCK_MODE_FORCE, FSCK_REPAIR_PREEN, "fsck -a -f /dev/sda" },
};

static void arguments(void **state)
{
	const struct arguments_row *row = *state;
	const char *argv[CHECKER_ARGUMENTS_MAX];
	_cleanup_strbuf_ struct strbuf text = { 0 };

	checker_get_arguments(row->type, "fsck", "/dev/sda", row->mode, row->repair, argv);
	for (unsigned int i = 0; argv[i]; i++)
		strbuf_printf(&text, "%s%s", i ? " " : "", argv[i]);
	assert_string_equal(strbuf_string(&text), row->expected);
}

struct use_row {
	const char *type;
	bool is_of_use;
};

static const struct use_row use_rows[] = {
	{ "ext4", true },   { "vfat", true },      { "f2fs", true },   { "exfat", true },
	{ "xfs", false },   { "btrfs", false },    { "erofs", false }, { "squashfs", false },
	{ "tmpfs", false }, { "virtiofs", false }, { "", false },
};

static void use(void **state)
{
	const struct use_row *row = *state;

	assert_int_equal(checker_is_of_use(row->type), row->is_of_use);
}

struct progress_row {
	const char *line;
	int expected;
};

static const struct progress_row progress_rows[] = {
	{ "1 0 100 /dev/sda", 0 },
	{ "1 50 100 /dev/sda", 35 },
	{ "1 100 100 /dev/sda", 70 },
	{ "2 1 2 /dev/sda", 80 },
	{ "3 3 3 /dev/sda", 92 },
	{ "5 7 7 /dev/sda", 100 },
	{ "1 0 0 /dev/sda", -EINVAL },
	{ "1 2 1 /dev/sda", -EINVAL },
	{ "0 1 2 /dev/sda", -EINVAL },
	{ "6 1 2 /dev/sda", -EINVAL },
	{ "", -EINVAL },
	{ "1 x 2", -EINVAL },
	{ "1 18446744073709551615 18446744073709551615 x", 70 },
};

static void progress(void **state)
{
	const struct progress_row *row = *state;

	assert_int_equal(checker_parse_progress(row->line), row->expected);
}

struct verdict_row {
	const char *name;
	int status;
	enum checker_verdict verdict;
};

static const struct verdict_row verdict_rows[] = {
	{ "clean", 0, CHECKER_CLEAN },
	{ "corrected", 1, CHECKER_CORRECTED },
	{ "reboot", 2, CHECKER_REBOOT },
	{ "corrected and reboot", 3, CHECKER_REBOOT },
	{ "errors left", 4, CHECKER_ERRORS_LEFT },
	{ "some corrected, others left", 5, CHECKER_ERRORS_LEFT },
	{ "errors left and reboot", 6, CHECKER_ERRORS_LEFT },
	{ "operational error", 8, CHECKER_NOT_CHECKED },
	{ "corrected with an operational error", 9, CHECKER_NOT_CHECKED },
	{ "errors left with an operational error", 12, CHECKER_ERRORS_LEFT },
	{ "usage", 16, CHECKER_NOT_CHECKED },
	{ "cancelled", 32, CHECKER_NOT_CHECKED },
	{ "shared library", 128, CHECKER_NOT_CHECKED },
	{ "not executed", 127, CHECKER_ERRORS_LEFT },
	{ "everything", 255, CHECKER_ERRORS_LEFT },
};

static void verdict(void **state)
{
	const struct verdict_row *row = *state;

	assert_int_equal(checker_judge(row->status), row->verdict);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, arguments, arguments_rows);
	TEST_ROWS(&list, use, use_rows);
	TEST_ROWS(&list, progress, progress_rows);
	TEST_ROWS(&list, verdict, verdict_rows);
	return test_list_run(&list);
}
