/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver says it is for, whatever it is called and wherever it lies: aliases carry the class
 * of a device where its bus has classes, and the device itself where that is the class (a virtual
 * machine's disk). So it is also what finds modules that are no part of the kernel's tree.
 *
 * The text modules.alias is what depmod(8) writes along with the index, which knows to find one
 * alias, not all: for libkmod to print it costs 50 ms, to read the text costs 3.
 */
#include "image/alias-classes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

#define ALIASES_SIZE_MAX (64U << 20) /* real ones have 1.4 MiB */

/* Aliases that begin with @prefix and further on contain @part. */
struct alias_class {
	const char *prefix, *part;
	const char *why;
};

static const struct alias_class classes[] = {
	/* "pci:v*d*sv*sd*bc01sc06i01*": base class, sub-class, interface. */
	{ "pci:", "bc01", "controllers of disks" },
	{ "pci:", "bc05sc02", "persistent memory behind CXL" },
	{ "pci:", "bc08sc05", "SD card controllers" },
	{ "pci:", "bc0Csc00", "FireWire controllers" },
	{ "pci:", "bc0Csc03", "USB controllers" },
	/* "usb:v*p*d*dc*dsc*dp*ic08isc06ip50in*": class, sub-class, protocol of an interface. Of
	 * class 3 what takes any vendor's device; the others are mice, touchscreens and remotes. */
	{ "usb:", "ic03isc01ip01", "keyboards" },
	{ "usb:v*", "ic03", "keyboards" },
	{ "usb:", "ic08", "USB disks" },
	{ "hid:", "", "keyboards" },
	/* What is behind an i8042. A mouse that nobody drives can keep the keyboard waiting. */
	{ "serio:ty01", "", "mice that share a controller with the keyboard" },
	{ "serio:ty06", "", "keyboards" },
	{ "acpi", ":PNP030", "keyboards" },
	{ "acpi", ":PNP0C50", "keyboards on I2C" },
	{ "acpi", ":MSFT0101", "TPMs" },
	/* T10's types of devices: disks, CD-ROM, optical, simplified and zoned disks. */
	{ "scsi:t-0x00", "", "SCSI disks" },
	{ "scsi:t-0x05", "", "CD-ROM drives" },
	{ "scsi:t-0x07", "", "optical disks" },
	{ "scsi:t-0x0e", "", "SCSI disks" },
	{ "scsi:t-0x14", "", "SCSI disks" },
	{ "mmc:", "", "SD cards and eMMC" },
	/* Numbers of the Virtio specification: block, console, SCSI, input, file system, pmem. */
	{ "virtio:d00000002", "", "disks of virtual machines" },
	{ "virtio:d00000003", "", "consoles of virtual machines" },
	{ "virtio:d00000008", "", "disks of virtual machines" },
	{ "virtio:d00000012", "", "keyboards of virtual machines" },
	{ "virtio:d0000001A", "", "file systems that a virtual machine is given" },
	{ "virtio:d0000001B", "", "disks of virtual machines" },
	/* GUIDs of include/linux/hyperv.h: IDE, SCSI, Fibre Channel, keyboard, HID, PCI. */
	{ "vmbus:32264132cb86a2449b5c50d1417354f5", "", "disks of Hyper-V" },
	{ "vmbus:d96361baa104294db60572e2ffb1dc7f", "", "disks of Hyper-V" },
	{ "vmbus:4acc9b2f6900f34ab76b6fd0be528cda", "", "disks of Hyper-V" },
	{ "vmbus:6dad12f9172bea48bd65f927a61c7684", "", "keyboards of Hyper-V" },
	{ "vmbus:9eb6a8cf4a5bc04cb98b8ba1a1f3f95a", "", "keyboards of Hyper-V" },
	{ "vmbus:1df6c444444400449d52802e27ede19f", "", "PCI of Hyper-V" },
	{ "xen:vbd", "", "disks of virtual machines" },
	{ "xen:vscsi", "", "disks of virtual machines" },
	{ "xen:vkbd", "", "keyboards of virtual machines" },
	{ "xen:vusb", "", "USB of virtual machines" },
	{ "xen:pci", "", "PCI of virtual machines" },
	/* Also from outside of the kernel's tree; the first left it in 6.18. */
	{ "fs-bcachefs", "", "file systems" },
	{ "fs-btrfs", "", "file systems" },
	{ "fs-erofs", "", "file systems" },
	{ "fs-ext4", "", "file systems" },
	{ "fs-f2fs", "", "file systems" },
	{ "fs-xfs", "", "file systems" },
	{ "crypto-", "", "ciphers and checksums" },
	{ "dm-", "", "encrypted, RAID and mapped volumes" },
	{ "md-", "", "RAID volumes" },
};

static const char *find_class(const char *alias)
{
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
		const char *rest;

		/* Some 30,000 aliases, and most of them end here. */
		if (alias[0] != classes[i].prefix[0])
			continue;
		rest = str_after_prefix(alias, classes[i].prefix);
		if (rest && strstr(rest, classes[i].part))
			return classes[i].why;
	}
	return NULL;
}

/* Takes a line "alias PATTERN MODULE"; of several classes a module keeps the first. */
static int take_line(struct strmap *reasons, char *line)
{
	char *alias = (char *)str_after_prefix(line, "alias ");
	char *name = alias ? strchr(alias, ' ') : NULL;
	const char *why;

	if (!name)
		return 0;
	*name++ = '\0';
	why = *name ? find_class(alias) : NULL;
	if (!why || strmap_get(reasons, name))
		return 0;
	return strmap_set(reasons, name, (char *)why);
}

int alias_classes_read(const char *modules_dir, struct strmap *ret_reasons)
{
	_cleanup_free_ char *path = str_format("%s/modules.alias", modules_dir), *text = NULL;
	struct strmap reasons = { 0 };
	char *next;
	size_t size;
	int r;

	if (!path)
		return -ENOMEM;
	r = file_read(path, ALIASES_SIZE_MAX, &text, &size);
	if (r == -ENOENT) {
		log_warn("%s is not there: drivers are chosen by where they lie and what they use "
			 "only; run depmod for this kernel",
			 path);
		*ret_reasons = reasons;
		return 0;
	}
	if (r < 0)
		return r == -ENOMEM ? r : log_err_errno(r, "cannot read %s, giving up", path);
	for (char *line = text; r >= 0 && line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		r = take_line(&reasons, line);
	}
	if (r < 0)
		strmap_done(&reasons, NULL);
	else
		*ret_reasons = reasons;
	return r;
}
