/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct boot_config;
struct device_spec;
struct unlock;
struct volumes;

/*
 * Which encrypted volumes are to be opened, by the command line and by the image's crypttab, which
 * is read here, below @root: "", but for tests. Hands to @unlock what is wanted for sure, and what
 * may hold the root, /usr or the hibernated system, as far as @config names them. @config stays
 * referenced, @unlock has to outlive this. What makes no sense has been logged. 0 or -ENOMEM.
 */
int volumes_new(struct unlock *unlock, const struct boot_config *config, const char *root,
		struct volumes **ret_volumes);
struct volumes *volumes_free(struct volumes *volumes);

/*
 * What @spec means is awaited: has the volume opened that it names, or else all that may hold it.
 * True if these are new, and devices that came already are to be offered to unlock again.
 */
bool volumes_want(struct volumes *volumes, const struct device_spec *spec);

/* Whether any of them, whether opened or not, is on a device that has a name of udev's. */
bool volumes_have_udev_names(const struct volumes *volumes);

/*
 * What is in the LUKS volume on @device is awaited: has it opened by the name that somebody has for
 * it, else as @default_name. The name, or NULL without memory.
 */
const char *volumes_open(struct volumes *volumes, const struct blockdev *device,
			 const char *default_name);
