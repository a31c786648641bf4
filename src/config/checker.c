/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/checker.h"

#include <errno.h>
#include <stdio.h>

#include "base/macro.h"
#include "base/str.h"

/* fsck(8), "EXIT STATUS". */
#define EXIT_CORRECTED   1
#define EXIT_REBOOT      2
#define EXIT_ERRORS_LEFT 4

/* How the checkers differ from each other. The options -a, -y and -n are nearly everybody's. */
struct checker {
	const char *type;
	const char *force; /* to check what says that it is clean; NULL: always does so */
	const char *repair_nothing;
	bool tells_progress;
};

static const struct checker checkers[] = {
	{ "ext2", "-f", "-n", true },
	{ "ext3", "-f", "-n", true },
	{ "ext4", "-f", "-n", true },
	{ "f2fs", "-f", "--dry-run", false },
	/* Here -f would make files of what belongs to none. */
	{ "vfat", NULL, "-n", false },
};

static const struct checker common_checker = { "", "-f", "-n", false };

bool checker_is_of_use(const char *type)
{
	return *type && !str_list_has("9p,btrfs,cramfs,erofs,iso9660,none,squashfs,tmpfs,udf,"
				      "virtiofs,xfs",
				      type);
}

static const struct checker *find_checker(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(checkers); i++)
		if (str_equal(checkers[i].type, type))
			return &checkers[i];
	return &common_checker;
}

void checker_get_arguments(const char *type, const char *name, const char *node,
			   enum fsck_mode mode, enum fsck_repair repair,
			   const char *ret_arguments[static CHECKER_ARGUMENTS_MAX])
{
	const struct checker *checker = find_checker(type);
	const char *const repair_options[] = {
		[FSCK_REPAIR_PREEN] = "-a",
		[FSCK_REPAIR_YES] = "-y",
		[FSCK_REPAIR_NO] = checker->repair_nothing,
	};
	const char **next = ret_arguments;

	*next++ = name;
	*next++ = repair_options[repair];
	if (mode == FSCK_MODE_FORCE && checker->force)
		*next++ = checker->force;
	if (checker->tells_progress)
		*next++ = "-C3";
	*next++ = node;
	*next = NULL;
}

/* "PASS NOW END DEVICE". The first pass takes longest: it reads every inode. */
int checker_parse_progress(const char *line)
{
	static const unsigned int done_after[] = { 0, 70, 90, 92, 95, 100 };
	unsigned long long now, end;
	unsigned int pass, before;

	if (sscanf(line, "%u %llu %llu", &pass, &now, &end) != 3 || pass == 0 ||
	    pass >= ARRAY_SIZE(done_after) || end == 0 || now > end)
		return -EINVAL;
	before = done_after[pass - 1];
	return (int)(before + (double)(done_after[pass] - before) * (double)now / (double)end);
}

enum checker_verdict checker_judge(int exit_status)
{
	if (exit_status & EXIT_ERRORS_LEFT)
		return CHECKER_ERRORS_LEFT;
	if (exit_status & EXIT_REBOOT)
		return CHECKER_REBOOT;
	if (exit_status & ~EXIT_CORRECTED)
		return CHECKER_NOT_CHECKED;
	return exit_status ? CHECKER_CORRECTED : CHECKER_CLEAN;
}
