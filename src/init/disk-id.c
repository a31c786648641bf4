/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of disks by what they are: those of udev's 60-persistent-storage.rules and 13-dm-disk.rules
 * and of the programs that these run. A disk says of itself in pages of vital product data (SPC-4,
 * 7.8), which the kernel has read and sysfs shows, what ata_id and scsi_id would ask it for.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/utf8.h"
#include "init/disk-name-list.h"
#include "init/sysfs-device.h"

#define NAME_MAX_BYTES 256
#define PAGE_MAX_BYTES 1024

/* Of the device identification page, 83h. */
enum designator_type {
	DESIGNATOR_VENDOR_SPECIFIC = 0,
	DESIGNATOR_T10_VENDOR = 1,
	DESIGNATOR_EUI_64 = 2,
	DESIGNATOR_NAA = 3,
};

#define DESIGNATOR_HEADER_BYTES 4
#define CODE_SET_BINARY         1

/* What ATA disks say in their T10 designator (SAT-3, 10.4.2.2): "ATA     ", model, serial. */
#define ATA_VENDOR_BYTES 8
#define ATA_MODEL_BYTES  40
#define ATA_SERIAL_BYTES 20

static bool is_allowed(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("#+-.:=@_", c));
}

/* Each character that has no place in a link becomes "_". */
static void replace_characters(char *text)
{
	uint32_t character;
	size_t size;

	for (; *text; text += size) {
		size = utf8_decode(text, &character);
		if (size > 1)
			continue;
		size = 1;
		if (!is_allowed(*text))
			*text = '_';
	}
}

/* The same of @size bytes, or up to a NUL, and white space between words becomes a single one. */
static void join_words(const char *raw, size_t size, char name[static NAME_MAX_BYTES])
{
	size_t used = 0;
	bool is_gap = false;

	for (size_t i = 0; i < size && raw[i] && used < NAME_MAX_BYTES - 2; i++) {
		if (isspace((unsigned char)raw[i])) {
			is_gap = true;
			continue;
		}
		if (is_gap && used > 0)
			name[used++] = '_';
		is_gap = false;
		name[used++] = raw[i];
	}
	name[used] = '\0';
	replace_characters(name);
}

static void add_serial(struct disk_name_list *list, const char *serial)
{
	char suffix[sizeof(list->suffix)];

	/* A partition has that of its disk. */
	memcpy(suffix, list->suffix, sizeof(suffix));
	*list->suffix = '\0';
	if (*serial)
		disk_name_list_add(list, "SERIAL", "%s", serial);
	memcpy(list->suffix, suffix, sizeof(suffix));
}

static void add_mapping(const struct sysfs_device *disk, struct disk_name_list *list)
{
	char text[NAME_MAX_BYTES];

	if (sysfs_device_get(disk, "dm/name", text, sizeof(text)) > 0)
		disk_name_list_add(list, "BYID", "dm-name-%s", text);
	if (sysfs_device_get(disk, "dm/uuid", text, sizeof(text)) > 0)
		disk_name_list_add(list, "BYID", "dm-uuid-%s", text);
}

static void add_nvme(const struct sysfs_device *disk, struct disk_name_list *list)
{
	char wwid[NAME_MAX_BYTES], model[NAME_MAX_BYTES], serial[NAME_MAX_BYTES], nsid[16];

	if (sysfs_device_get(disk, "wwid", wwid, sizeof(wwid)) > 0)
		disk_name_list_add(list, "BYID", "nvme-%s", wwid);
	if (sysfs_device_get_above(disk, "model", model, sizeof(model)) < 0 ||
	    sysfs_device_get_above(disk, "serial", serial, sizeof(serial)) < 0)
		return;
	replace_characters(model);
	replace_characters(serial);
	add_serial(list, serial);
	disk_name_list_add(list, "BYID", "nvme-%s_%s", model, serial);
	if (sysfs_device_get(disk, "nsid", nsid, sizeof(nsid)) > 0)
		disk_name_list_add(list, "BYID", "nvme-%s_%s_%s", model, serial, nsid);
}

static void add_virtio(const struct sysfs_device *disk, struct disk_name_list *list)
{
	char serial[NAME_MAX_BYTES];

	if (sysfs_device_get(disk, "serial", serial, sizeof(serial)) <= 0)
		return;
	replace_characters(serial);
	add_serial(list, serial);
	disk_name_list_add(list, "BYID", "virtio-%s", serial);
}

static void add_mmc(const struct sysfs_device *card, struct disk_name_list *list)
{
	char name[NAME_MAX_BYTES], serial[NAME_MAX_BYTES];

	if (sysfs_device_get(card, "name", name, sizeof(name)) <= 0 ||
	    sysfs_device_get(card, "serial", serial, sizeof(serial)) <= 0)
		return;
	replace_characters(name);
	replace_characters(serial);
	add_serial(list, serial);
	disk_name_list_add(list, "BYID", "mmc-%s_%s", name, serial);
}

/* --- disks that speak SCSI, or are translated to it --- */

/* What a disk says of itself, from sysfs. */
struct scsi_disk {
	const struct sysfs_device *device;
	char vendor[9], model[17]; /* filled up with spaces, as on the wire */
	unsigned char page[PAGE_MAX_BYTES];
	size_t page_size;
};

struct designator {
	unsigned int code_set, association, type;
	const unsigned char *data;
	size_t size;
};

/* The next designator of page 83h from *@at on, which moves behind it. */
static bool next_designator(const struct scsi_disk *disk, size_t *at, struct designator *ret)
{
	const unsigned char *header = disk->page + *at;

	if (*at + DESIGNATOR_HEADER_BYTES > disk->page_size ||
	    *at + DESIGNATOR_HEADER_BYTES + header[3] > disk->page_size)
		return false;
	*ret = (struct designator){
		.code_set = header[0] & 0xf,
		.association = (header[1] >> 4) & 3,
		.type = header[1] & 0xf,
		.data = header + DESIGNATOR_HEADER_BYTES,
		.size = header[3],
	};
	*at += DESIGNATOR_HEADER_BYTES + ret->size;
	return true;
}

/* Text as it is, anything else in hexadecimal. */
static void append_designator(const struct designator *designator, char *buf, size_t size)
{
	size_t used = strlen(buf);
	bool is_binary = designator->code_set == CODE_SET_BINARY;

	for (size_t i = 0; i < designator->size && used + 3 < size; i++) {
		if (is_binary)
			used += (size_t)snprintf(buf + used, 3, "%02x", designator->data[i]);
		else if (designator->data[i])
			buf[used++] = (char)designator->data[i];
		else
			break;
	}
	buf[used] = '\0';
}

/* scsi_id chooses one, sg3_utils' rules make links of all. */
static void add_scsi_designator(const struct scsi_disk *disk, const struct designator *designator,
				struct disk_name_list *list)
{
	char raw[NAME_MAX_BYTES], name[NAME_MAX_BYTES];

	if (designator->association != 0 || designator->type > DESIGNATOR_NAA)
		return;
	(void)snprintf(raw, sizeof(raw), "%u", designator->type);
	if (designator->type == DESIGNATOR_VENDOR_SPECIFIC)
		(void)snprintf(raw, sizeof(raw), "0%s%s", disk->vendor, disk->model);
	append_designator(designator, raw, sizeof(raw));
	join_words(raw, sizeof(raw), name);
	disk_name_list_add(list, "BYID", "scsi-%s", name);
	add_serial(list, name + 1);
}

static void add_ata(const struct designator *designator, struct disk_name_list *list)
{
	const char *text = (const char *)designator->data;
	char model[NAME_MAX_BYTES], serial[NAME_MAX_BYTES];

	if (designator->type != DESIGNATOR_T10_VENDOR ||
	    designator->size < ATA_VENDOR_BYTES + ATA_MODEL_BYTES + ATA_SERIAL_BYTES ||
	    strncmp(text, "ATA     ", ATA_VENDOR_BYTES) != 0)
		return;
	join_words(text + ATA_VENDOR_BYTES, ATA_MODEL_BYTES, model);
	join_words(text + ATA_VENDOR_BYTES + ATA_MODEL_BYTES, ATA_SERIAL_BYTES, serial);
	add_serial(list, serial);
	disk_name_list_add(list, "BYID", "ata-%s%s%s", model, *serial ? "_" : "", serial);
}

static void add_wwn(const struct designator *designator, struct disk_name_list *list)
{
	char digits[NAME_MAX_BYTES] = "";

	if (designator->type != DESIGNATOR_NAA || designator->association != 0 ||
	    designator->code_set != CODE_SET_BINARY)
		return;
	append_designator(designator, digits, sizeof(digits));
	disk_name_list_add(list, "BYID", "wwn-0x%s", digits);
}

static void add_designators(const struct scsi_disk *disk, bool is_usb, struct disk_name_list *list)
{
	bool is_ata = str_equal(disk->vendor, "ATA     ");
	struct designator designator;
	size_t at = DESIGNATOR_HEADER_BYTES;

	while (next_designator(disk, &at, &designator)) {
		/* Bridges on USB that pass ATA through are asked as ATA disks are, too. */
		if (is_ata || is_usb)
			add_ata(&designator, list);
		if (!is_ata && !is_usb)
			add_scsi_designator(disk, &designator, list);
		add_wwn(&designator, list);
	}
}

/* From the page of the unit's serial number, 80h. */
static void add_scsi_serial(const struct scsi_disk *disk, struct disk_name_list *list)
{
	unsigned char page[NAME_MAX_BYTES];
	char raw[NAME_MAX_BYTES], name[NAME_MAX_BYTES];
	ssize_t size = sysfs_device_get_bytes(disk->device, "vpd_pg80", page, sizeof(page));

	if (size <= DESIGNATOR_HEADER_BYTES)
		return;
	(void)snprintf(raw, sizeof(raw), "S%s%s%.*s", disk->vendor, disk->model,
		       (int)(size - DESIGNATOR_HEADER_BYTES),
		       (const char *)page + DESIGNATOR_HEADER_BYTES);
	join_words(raw, sizeof(raw), name);
	disk_name_list_add(list, "BYID", "scsi-%s", name);
	join_words((const char *)page + DESIGNATOR_HEADER_BYTES,
		   (size_t)size - DESIGNATOR_HEADER_BYTES, name);
	add_serial(list, name);
}

/* usb_id takes no serial number that is not plain text. */
static bool is_usable_serial(const char *serial)
{
	for (; *serial; serial++)
		if ((unsigned char)*serial < 0x20 || (unsigned char)*serial > 0x7f ||
		    *serial == ',')
			return false;
	return true;
}

static void add_usb(const struct scsi_disk *disk, const struct sysfs_device *usb,
		    struct disk_name_list *list)
{
	char vendor[NAME_MAX_BYTES], model[NAME_MAX_BYTES], serial[NAME_MAX_BYTES];
	char text[NAME_MAX_BYTES] = "";
	unsigned int host, channel, target, lun;

	join_words(disk->vendor, sizeof(disk->vendor), vendor);
	join_words(disk->model, sizeof(disk->model), model);
	(void)sysfs_device_get_above(usb, "serial", text, sizeof(text));
	join_words(is_usable_serial(text) ? text : "", sizeof(text), serial);
	if (sscanf(sysfs_device_name(disk->device), "%u:%u:%u:%u", &host, &channel, &target,
		   &lun) != 4)
		return;
	add_serial(list, serial);
	disk_name_list_add(list, "BYID", "usb-%s_%s%s%s-%u:%u", vendor, model, *serial ? "_" : "",
			   serial, target, lun);
}

static void add_scsi(const struct sysfs_device *device, struct disk_name_list *list)
{
	struct scsi_disk disk = { .device = device };
	struct sysfs_device usb = *device;
	bool is_usb = sysfs_device_climb(&usb, "usb");
	char text[NAME_MAX_BYTES];
	ssize_t size;

	if (sysfs_device_get(device, "vendor", text, sizeof(text)) < 0)
		return;
	(void)snprintf(disk.vendor, sizeof(disk.vendor), "%-8.8s", text);
	if (sysfs_device_get(device, "model", text, sizeof(text)) < 0)
		return;
	(void)snprintf(disk.model, sizeof(disk.model), "%-16.16s", text);
	size = sysfs_device_get_bytes(device, "vpd_pg83", disk.page, sizeof(disk.page));
	disk.page_size = size > 0 ? (size_t)size : 0;
	if (is_usb)
		add_usb(&disk, &usb, list);
	else if (!str_equal(disk.vendor, "ATA     "))
		add_scsi_serial(&disk, list);
	add_designators(&disk, is_usb, list);
}

void disk_id_add(const struct sysfs_device *disk, struct disk_name_list *list)
{
	const char *name = sysfs_device_name(disk);
	struct sysfs_device bus = *disk;

	if (str_after_prefix(name, "dm-"))
		add_mapping(disk, list);
	else if (str_after_prefix(name, "nvme"))
		add_nvme(disk, list);
	else if (str_after_prefix(name, "vd"))
		add_virtio(disk, list);
	else if (str_after_prefix(name, "mmcblk") && sysfs_device_climb(&bus, "mmc"))
		add_mmc(&bus, list);
	else if (sysfs_device_climb(&bus, "scsi"))
		add_scsi(&bus, list);
}
