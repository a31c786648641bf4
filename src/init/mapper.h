/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

/*
 * What a host with udev expects to find of a device-mapper device that was activated without it.
 */

/* Makes /dev/mapper/@name a link to the node @sysname, in place of libdevmapper's own node. */
void mapper_link(const char *name, const char *sysname);

void mapper_unlink(const char *name);

/*
 * Leaves the note in udev's database that a device is activated. Without it the host's rules take
 * the device for one that is not ready, and whoever waits for it waits 90 s in vain.
 */
void mapper_leave_udev_note(dev_t devnum);
