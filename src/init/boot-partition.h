/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct boot_partition;
struct pool;

/*
 * The partition that the boot loader was started from, as it left it in an EFI variable (systemd's
 * Boot Loader Interface). @sysfs is where sysfs is mounted; both stay referenced. 0 or -ENOMEM.
 */
int boot_partition_new(struct pool *pool, const char *sysfs, struct boot_partition **ret_partition);
struct boot_partition *boot_partition_free(struct boot_partition *partition);

/*
 * Its PARTUUID, or "" if nobody knows. The first time, the firmware is asked: NULL until it has
 * answered, which takes seconds at most.
 */
const char *boot_partition_find(struct boot_partition *partition);
