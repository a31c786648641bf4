/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A comma-separated list of mount options, split into what mount(2) takes as flags and what it
 * takes as file-system data. A comma inside double quotes does not separate. Options that only
 * mount(8) or systemd know (defaults, noauto, nofail, _netdev, x-…) are dropped.
 */
struct mount_options {
	unsigned long flags; /* MS_*; of two opposites the later wins */
	char *data;          /* "" if nothing is left for the file system */
};

/* @flags are those that hold where @text says nothing else. 0 or -ENOMEM. */
int mount_options_parse(const char *text, unsigned long flags, struct mount_options *ret_options);

void mount_options_done(struct mount_options *options);
