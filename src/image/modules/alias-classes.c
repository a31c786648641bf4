/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a driver says it is for, whatever it is called and wherever it lies: aliases carry the class
 * of a device where its bus has classes, and the device itself where that is the class (a virtual
 * machine's disk). So it is also what finds modules that are no part of the kernel's tree.
 */
#include "image/modules/alias-classes.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

/* Aliases that begin with @prefix and further on contain @part; dashes are underscores. */
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
	/* T10's types of devices: disks, CD-ROM, optical, reduced-block and zoned disks. */
	{ "scsi:t_0x00", "", "SCSI disks" },
	{ "scsi:t_0x05", "", "CD-ROM drives" },
	{ "scsi:t_0x07", "", "optical disks" },
	{ "scsi:t_0x0e", "", "SCSI disks" },
	{ "scsi:t_0x14", "", "SCSI disks" },
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
	{ "fs_bcachefs", "", "file systems" },
	{ "fs_btrfs", "", "file systems" },
	{ "fs_erofs", "", "file systems" },
	{ "fs_ext4", "", "file systems" },
	{ "fs_f2fs", "", "file systems" },
	{ "fs_xfs", "", "file systems" },
	{ "crypto_", "", "ciphers and checksums" },
	{ "dm_", "", "encrypted, RAID and mapped volumes" },
	{ "md_", "", "RAID volumes" },
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

int alias_classes_collect(const struct kmod_aliases *aliases, struct strmap *ret_reasons)
{
	struct strmap reasons = { 0 };

	for (size_t i = 0; i < aliases->n_rows; i++) {
		const struct kmod_alias *alias = &aliases->rows[i];
		const char *why = find_class(alias->pattern);

		if (!why || strmap_get(&reasons, alias->name))
			continue;
		if (strmap_set(&reasons, alias->name, (void *)why) < 0) {
			strmap_done(&reasons, NULL);
			return -ENOMEM;
		}
	}
	*ret_reasons = reasons;
	return 0;
}
