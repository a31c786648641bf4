/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A made-up machine: a tree with /sys, /proc, /etc and /run in the scratch directory. Paths are
 * below its root, as "etc/fstab", and those of devices below sys/devices, as "pci0000:00/sda".
 */

/* A device of a bus, all but @path may be NULL. */
struct fake_device {
	const char *path;
	const char *bus;
	const char *modalias;
	const char *driver;
	const char *module; /* of the driver; NULL if that is built in */
};

#define FAKE_ROOT_MOUNT(number, type, source) \
	"25 1 " number " / / rw,relatime shared:1 - " type " " source " rw\n"

/* Removes what an earlier test left, and makes an empty /sys/devices. */
void fake_machine_new(void);

/* The path of the tree itself, in a static buffer. */
const char *fake_machine_root(void);

void fake_machine_text(const char *path, const char *text);

/* A relative link from one path to another; neither end need exist. */
void fake_machine_link(const char *path, const char *target);

void fake_machine_device(const struct fake_device *device);

/* A block device by its path and its number "8:0". */
void fake_machine_block(const char *path, const char *number);

/* A partition, whose path is one below its disk's. */
void fake_machine_partition(const char *path, const char *number);

/* A mapped volume "dm-0", and what it is made of. */
void fake_machine_mapped(const char *kernel_name, const char *number, const char *name,
			 const char *uuid, const char *below);

/* The device @path, on top, is made of @below. */
void fake_machine_stack(const char *path, const char *below);

/* A keyboard, or by another bitmap of keys something else: path "…/input3". */
void fake_machine_input(const char *path, const char *name, const char *keys);
