/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "config/cmdline.h"

#define CHECKER_ARGUMENTS_MAX 6 /* with the name and the NULL */
#define CHECKER_PROGRESS_FD   3 /* where a checker that can do so tells how far it is */

/*
 * Whether a file system of this type, "ext4", is ever checked by a program before it is mounted.
 * Some are repaired by the kernel as it mounts them, and some are never written to; what is called
 * fsck.xfs and fsck.btrfs does nothing.
 */
bool checker_is_of_use(const char *type);

/*
 * The arguments of fsck.@type for fsck.mode= and fsck.repair=, ending with @node and NULL; they
 * point to constants, to @name and to @node. @name is what is to be argv[0].
 */
void checker_get_arguments(const char *type, const char *name, const char *node,
			   enum fsck_mode mode, enum fsck_repair repair,
			   const char *ret_arguments[static CHECKER_ARGUMENTS_MAX]);

/* How much of the whole is done, in percent, by a line of e2fsck -C; or -EINVAL. */
int checker_parse_progress(const char *line);

/* What an exit status of fsck(8) comes to. */
enum checker_verdict {
	CHECKER_CLEAN,
	CHECKER_CORRECTED,
	CHECKER_REBOOT, /* errors were corrected below a mounted file system */
	CHECKER_ERRORS_LEFT,
	CHECKER_NOT_CHECKED, /* no errors were found, but the check was not made */
};

/*
 * As Debian's initramfs and systemd have it: what could not be checked is mounted all the same.
 * Where errors are left, a reboot alone would not help.
 */
enum checker_verdict checker_judge(int exit_status);
