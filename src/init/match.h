/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct device_spec;
struct superblock;

/*
 * Whether @device is the one that @spec means. Names are compared exactly, UUIDs in any case. A
 * tag of a device with several superblocks counts only for the types in @types, a comma-separated
 * list such as rootfstype=, or NULL; without it such a device satisfies no UUID or LABEL. Of
 * PARTNROFF= the partition that is counted from must be in the same registry; gpt-auto and the
 * tags of file systems without a device match nothing here. Pure.
 */
bool match_device(const struct blockdev *device, const struct device_spec *spec, const char *types);

/* The superblock that @types chooses, or the only one; NULL if none or several are left. Pure. */
const struct superblock *match_superblock(const struct blockdev *device, const char *types);
