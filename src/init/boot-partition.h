/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct boot_partition;
struct pool;

/* @partuuid is that of the partition that the boot loader was started from, or "". */
typedef void (*boot_partition_cb)(void *userdata, const char *partuuid);

/*
 * Has a worker ask the firmware, through the EFI variable in which boot loaders leave the answer
 * (systemd's Boot Loader Interface). @callback is called once: in here where there is no EFI or
 * nobody can be asked, else when the answer is there, which takes seconds at most.
 */
void boot_partition_find(struct pool *pool, boot_partition_cb callback, void *userdata,
			 struct boot_partition **ret_partition);

struct boot_partition *boot_partition_free(struct boot_partition *partition);
