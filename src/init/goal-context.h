/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct blockdevs;
struct boot_config;
struct boot_partition;
struct consoles;
struct loop;
struct pool;
struct unlock;
struct volumes;

/*
 * What the ways to the root, to what is mounted below it and to a hibernated system have in common.
 * All stay referenced.
 */
struct goal_context {
	struct loop *loop;
	struct pool *pool;
	struct consoles *consoles;
	struct unlock *unlock;
	struct volumes *volumes;
	struct blockdevs *devices;
	struct boot_partition *boot_partition;
	const char *sysfs; /* where it is mounted */
	const struct boot_config *config;
};
