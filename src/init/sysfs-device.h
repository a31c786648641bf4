/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A device's directory in sysfs, without links, "/sys/devices/pci0000:00/…". */
struct sysfs_device {
	char path[PATH_MAX];
	size_t root_size; /* of the part that is above all devices */
};

/* The block device of the node "/dev/sda1". 0, -ENOENT or another negative errno. */
int sysfs_device_of_node(const char *sysfs, const char *node, struct sysfs_device *ret_device);

/* Moves to the device above; false if there is none. */
bool sysfs_device_up(struct sysfs_device *device);

/* The device's own name. */
const char *sysfs_device_name(const struct sysfs_device *device);

/* Whether it belongs to @subsystem, "scsi". */
bool sysfs_device_is(const struct sysfs_device *device, const char *subsystem);

/* Moves to the nearest device of that subsystem, itself included; false, and not moved, if none. */
bool sysfs_device_climb(struct sysfs_device *device, const char *subsystem);

/* The attribute's length as a line of text without spaces around it, or negative errno. */
int sysfs_device_get(const struct sysfs_device *device, const char *attribute, char *buf,
		     size_t size);

/* The same of the nearest device above, or itself, that has it and has something in it. */
int sysfs_device_get_above(const struct sysfs_device *device, const char *attribute, char *buf,
			   size_t size);

/* Reads an attribute that is no text: the bytes read, or negative errno. */
ssize_t sysfs_device_get_bytes(const struct sysfs_device *device, const char *attribute,
			       unsigned char *buf, size_t size);
