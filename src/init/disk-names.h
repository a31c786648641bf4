/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

struct worker_message;

/*
 * The links that udev would make for a block device, from what sysfs tells about it: no program of
 * udev's is needed, and none is asked. Known are
 *
 *	by-id	nvme-*, virtio-*, mmc-*, ata-*, usb-*, scsi-*, wwn-*, dm-name-*, dm-uuid-*
 *	by-path	disks on PCI and on boards, by NVMe, virtio, ATA, USB, SCSI; not by SAS, FC, iSCSI
 *
 * and of each, the partitions. Adds them to @reply as BYID= and BYPATH=, and the serial number that
 * rd.luks.serial= means as SERIAL=. Of several names that versions of udev have had, all. @sysfs is
 * where sysfs is mounted, @node the device. May block for as long as the device takes to tell its
 * serial number. What is not known is left out; 0, or -EMSGSIZE if there is no room.
 */
int disk_names_add(const char *sysfs, const char *node, struct worker_message *reply);
