/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Whether the block device @upper, "dm-0", is built on @lower, "sda", directly or over others: a
 * partition of it, or a mapping or an array that holds it. @sysfs is where sysfs is mounted, which
 * is looked at now.
 */
bool layers_is_built_on(const char *sysfs, const char *upper, const char *lower);
