/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct blockdev;

/*
 * What whoever is asked about @device knows it as: the name of a mapping, the model of its disk, or
 * the name of the partition, else its node. One line that a terminal can show as it is, of which no
 * disk can make anything else. The caller's to free; NULL without memory.
 */
char *disk_title(const char *sysfs, const struct blockdev *device);
