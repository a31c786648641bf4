/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of disks by where they are attached, as udev's path_id puts them together: from the disk up
 * to the root bus, each bus that has a say adds a part at the front. Of two spellings that versions
 * of udev have had for the same place both are made.
 */
#include <dirent.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "init/disk-name-list.h"
#include "init/sysfs-device.h"

#define PATH_TEXT_BYTES 384

struct disk_path {
	char text[PATH_TEXT_BYTES], other[PATH_TEXT_BYTES];
	bool has_transport; /* something tells this disk from others at the same controller */
	bool is_unknown;    /* attached by something that has names not known here */
};

static void prepend_to(char *path, const char *part)
{
	char longer[PATH_TEXT_BYTES];
	int size = snprintf(longer, sizeof(longer), "%s%s%s", part, *path ? "-" : "", path);

	if (size < (int)sizeof(longer))
		memcpy(path, longer, (size_t)size + 1);
}

static void prepend_one(char *path, const char *format, ...) _printf_(2, 3);

static void prepend_one(char *path, const char *format, ...)
{
	char part[PATH_TEXT_BYTES];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(part, sizeof(part), format, args);
	va_end(args);
	prepend_to(path, part);
}

static void prepend(struct disk_path *path, const char *prefix, const char *name)
{
	prepend_one(path->text, "%s-%s", prefix, name);
	prepend_one(path->other, "%s-%s", prefix, name);
}

/* Up to the uppermost of a row of devices of the same subsystem. */
static void skip_subsystem(struct sysfs_device *device, const char *subsystem)
{
	struct sysfs_device above = *device;

	while (sysfs_device_up(&above) && sysfs_device_is(&above, subsystem))
		*device = above;
}

/* Hosts are numbered as they come, so they count from the first of the same controller. */
static unsigned int first_host(const struct sysfs_device *controller, unsigned int host)
{
	DIR *directory = opendir(controller->path);
	const struct dirent *entry;
	unsigned int first = host, number;

	if (!directory)
		return host;
	while ((entry = readdir(directory)))
		if (sscanf(entry->d_name, "host%u", &number) == 1 && number < first)
			first = number;
	(void)closedir(directory);
	return first;
}

/* The uppermost of the SCSI devices is the host; libata has put its port above it. */
static void add_scsi(struct sysfs_device *device, struct disk_path *path)
{
	unsigned int host, channel, target, lun;
	const char *name = sysfs_device_name(device), *port;
	struct sysfs_device controller;

	if (sscanf(name, "%u:%u:%u:%u", &host, &channel, &target, &lun) != 4 ||
	    strstr(device->path, "/rport-") || strstr(device->path, "/end_device-") ||
	    strstr(device->path, "/session") || strstr(device->path, "/vmbus")) {
		path->is_unknown = true;
		return;
	}
	skip_subsystem(device, "scsi");
	controller = *device;
	path->has_transport = true;
	if (!sysfs_device_up(&controller))
		return;
	port = str_after_prefix(sysfs_device_name(&controller), "ata");
	if (port) {
		char attribute[64], number[16];

		(void)snprintf(attribute, sizeof(attribute), "ata_port/ata%.16s/port_no", port);
		if (sysfs_device_get(&controller, attribute, number, sizeof(number)) <= 0)
			(void)snprintf(number, sizeof(number), "%.15s", port);
		if (channel > 0)
			prepend_one(path->text, "ata-%s.%u.0", number, channel);
		else
			prepend_one(path->text, "ata-%s.%u", number, target);
		prepend_one(path->other, "ata-%s", number);
		*device = controller;
		return;
	}
	host -= first_host(&controller, host);
	prepend_one(path->text, "scsi-%u:%u:%u:%u", host, channel, target, lun);
	prepend_one(path->other, "scsi-%u:%u:%u:%u", host, channel, target, lun);
}

/* The generation that the hub's protocol is of. */
static char usb_generation(const struct sysfs_device *interface)
{
	struct sysfs_device hub = *interface;
	char class_text[8], protocol[8];

	while (sysfs_device_up(&hub)) {
		if (sysfs_device_get(&hub, "bDeviceClass", class_text, sizeof(class_text)) < 0 ||
		    !str_equal(class_text, "09") ||
		    sysfs_device_get(&hub, "bDeviceProtocol", protocol, sizeof(protocol)) < 0)
			continue;
		return str_equal(protocol, "03") ? '3' : str_equal(protocol, "00") ? '1' : '2';
	}
	return '2';
}

/* "2-1.4:1.0" is interface 1.0 of what is at port 1.4 of bus 2. */
static void add_usb(struct sysfs_device *device, struct disk_path *path)
{
	const char *port = strchr(sysfs_device_name(device), '-');

	if (port) {
		prepend_one(path->text, "usb-0:%s", port + 1);
		prepend_one(path->other, "usbv%c-0:%s", usb_generation(device), port + 1);
	}
	skip_subsystem(device, "usb");
}

static void add_nvme(struct sysfs_device *device, const struct sysfs_device *disk,
		     struct disk_path *path)
{
	char nsid[16];

	if (sysfs_device_get(disk, "nsid", nsid, sizeof(nsid)) > 0) {
		prepend(path, "nvme", nsid);
		path->has_transport = true;
	}
	skip_subsystem(device, "nvme");
}

/* One step of the climb, and the part that @device adds. */
static void add_part(struct sysfs_device *device, const struct sysfs_device *disk,
		     struct disk_path *path)
{
	static const struct {
		const char *subsystem;
		bool is_transport;
	} plain[] = { { "pci", false }, { "platform", true }, { "acpi", false } };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (!sysfs_device_is(device, plain[i].subsystem))
			continue;
		prepend(path, plain[i].subsystem, sysfs_device_name(device));
		path->has_transport |= plain[i].is_transport;
		skip_subsystem(device, plain[i].subsystem);
		return;
	}
	if (sysfs_device_is(device, "scsi")) {
		add_scsi(device, path);
	} else if (sysfs_device_is(device, "usb")) {
		add_usb(device, path);
	} else if (sysfs_device_is(device, "nvme")) {
		add_nvme(device, disk, path);
	} else if (sysfs_device_is(device, "virtio")) {
		path->has_transport = true;
		skip_subsystem(device, "virtio");
	}
}

void disk_path_add(const struct sysfs_device *disk, struct disk_name_list *list)
{
	struct disk_path path = { .text = "" };
	struct sysfs_device device = *disk;

	while (!path.is_unknown && sysfs_device_up(&device))
		add_part(&device, disk, &path);
	if (path.is_unknown || !path.has_transport || !*path.text)
		return;
	disk_name_list_add(list, "BYPATH", "%s", path.text);
	if (!str_equal(path.text, path.other))
		disk_name_list_add(list, "BYPATH", "%s", path.other);
}
