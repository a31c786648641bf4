/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The names of disks on machines as sysfs shows them, and as udev named the disks there: taken from
 * QEMU's and real machines, in the parts that count.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/disk-names.h"
#include "init/worker-message.h"
#include "support.h"

/* A directory below /sys/devices that is a device of @subsystem, and its attributes. */
struct node {
	const char *path, *subsystem;
	const char *attributes[12]; /* NAME=CONTENT */
};

struct machine_row {
	const char *name;
	const char *node;
	struct node nodes[10];
	const char *expected; /* the names in their order */
};

#define PCI0 "pci0000:00"
#define AHCI PCI0 "/0000:00:1f.2"
#define SATA AHCI "/ata3/host2"
#define XHCI PCI0 "/0000:00:14.0"
#define UAS  XHCI "/usb2/2-1/2-1.4"
#define SAS  PCI0 "/0000:00:02.0/0000:03:00.0/host0"
#define NVME PCI0 "/0000:00:1d.0/0000:01:00.0/nvme/nvme0"

/* Page 83h as libata makes it: the serial number, the T10 designator, a WWN. */
#define ATA_PAGE                                                               \
	"vpd_pg83=\\x00\\x83\\x00\\x70"                                        \
	"\\x02\\x00\\x00\\x14S3Z8NB0K123456X     "                             \
	"\\x02\\x01\\x00\\x44"                                                 \
	"ATA     Samsung SSD  860 EVO 500GB              S3Z8NB0K123456X     " \
	"\\x01\\x03\\x00\\x08\\x50\\x02\\x53\\x8e\\x40\\x12\\x34\\x56"

static const struct machine_row rows[] = {
	{ "virtio-blk",
	  "/dev/vda",
	  { { PCI0 "/0000:00:04.0", "pci", { NULL } },
	    { PCI0 "/0000:00:04.0/virtio1", "virtio", { NULL } },
	    { PCI0 "/0000:00:04.0/virtio1/block/vda", "block", { "serial=my disk" } } },
	  "SERIAL=my_disk BYID=virtio-my_disk BYPATH=pci-0000:00:04.0" },
	{ "virtio-blk without a serial number, partition",
	  "/dev/vda2",
	  { { PCI0 "/0000:00:04.0", "pci", { NULL } },
	    { PCI0 "/0000:00:04.0/virtio1", "virtio", { NULL } },
	    { PCI0 "/0000:00:04.0/virtio1/block/vda", "block", { "serial=" } },
	    { PCI0 "/0000:00:04.0/virtio1/block/vda/vda2", "block", { "partition=2" } } },
	  "BYPATH=pci-0000:00:04.0-part2" },
	{ "NVMe partition",
	  "/dev/nvme0n1p3",
	  { { PCI0 "/0000:00:1d.0", "pci", { NULL } },
	    { PCI0 "/0000:00:1d.0/0000:01:00.0", "pci", { NULL } },
	    { NVME,
	      "nvme",
	      { "model=Samsung SSD 970 EVO Plus 1TB        ", "serial=S4EWNX0M123456      " } },
	    { NVME "/nvme0n1", "block", { "wwid=eui.0025385a01234567", "nsid=1" } },
	    { NVME "/nvme0n1/nvme0n1p3", "block", { "partition=3" } } },
	  "BYID=nvme-eui.0025385a01234567-part3 SERIAL=S4EWNX0M123456 "
	  "BYID=nvme-Samsung_SSD_970_EVO_Plus_1TB_S4EWNX0M123456-part3 "
	  "BYID=nvme-Samsung_SSD_970_EVO_Plus_1TB_S4EWNX0M123456_1-part3 "
	  "BYPATH=pci-0000:01:00.0-nvme-1-part3" },
	{ "NVMe behind Intel VMD",
	  "/dev/nvme0n1",
	  { { PCI0 "/0000:00:0e.0", "pci", { NULL } },
	    { PCI0 "/0000:00:0e.0/pci10000:e0", NULL, { NULL } },
	    { PCI0 "/0000:00:0e.0/pci10000:e0/10000:e1:00.0", "pci", { NULL } },
	    { PCI0 "/0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme0", "nvme", { NULL } },
	    { PCI0 "/0000:00:0e.0/pci10000:e0/10000:e1:00.0/nvme/nvme0/nvme0n1",
	      "block",
	      { "nsid=1" } } },
	  "BYPATH=pci-0000:00:0e.0-pci-10000:e1:00.0-nvme-1" },
	{ "SATA",
	  "/dev/sda1",
	  { { AHCI, "pci", { NULL } },
	    { AHCI "/ata3", NULL, { NULL } },
	    { AHCI "/ata3/ata_port/ata3", "ata_port", { "port_no=3" } },
	    { SATA, "scsi", { NULL } },
	    { SATA "/target2:0:0", "scsi", { NULL } },
	    { SATA "/target2:0:0/2:0:0:0",
	      "scsi",
	      { "vendor=ATA     ", "model=Samsung SSD  860", ATA_PAGE } },
	    { SATA "/target2:0:0/2:0:0:0/block/sda", "block", { NULL } },
	    { SATA "/target2:0:0/2:0:0:0/block/sda/sda1", "block", { "partition=1" } } },
	  "SERIAL=S3Z8NB0K123456X "
	  "BYID=ata-Samsung_SSD_860_EVO_500GB_S3Z8NB0K123456X-part1 "
	  "BYID=wwn-0x5002538e40123456-part1 "
	  "BYPATH=pci-0000:00:1f.2-ata-3.0-part1 BYPATH=pci-0000:00:1f.2-ata-3-part1" },
	{ "USB",
	  "/dev/sdb",
	  { { XHCI, "pci", { NULL } },
	    { XHCI "/usb2",
	      "usb",
	      { "bDeviceClass=09", "bDeviceProtocol=03", "serial=0000:00:14.0" } },
	    { XHCI "/usb2/2-1", "usb", { "bDeviceClass=09", "bDeviceProtocol=03" } },
	    { UAS, "usb", { "bDeviceClass=00", "serial=MSFT30\\x20ABC/1" } },
	    { UAS "/2-1.4:1.0", "usb", { NULL } },
	    { UAS "/2-1.4:1.0/host6", "scsi", { NULL } },
	    { UAS "/2-1.4:1.0/host6/target6:0:0", "scsi", { NULL } },
	    { UAS "/2-1.4:1.0/host6/target6:0:0/6:0:0:1",
	      "scsi",
	      { "vendor=SanDisk ", "model=Extreme Pro" } },
	    { UAS "/2-1.4:1.0/host6/target6:0:0/6:0:0:1/block/sdb", "block", { NULL } } },
	  "SERIAL=MSFT30_ABC_1 BYID=usb-SanDisk_Extreme_Pro_MSFT30_ABC_1-0:1 "
	  "BYPATH=pci-0000:00:14.0-usb-0:1.4:1.0-scsi-0:0:0:1 "
	  "BYPATH=pci-0000:00:14.0-usbv3-0:1.4:1.0-scsi-0:0:0:1" },
	{ "SCSI of QEMU, the second host of its controller",
	  "/dev/sda",
	  { { PCI0 "/0000:00:05.0", "pci", { NULL } },
	    { PCI0 "/0000:00:05.0/virtio2", "virtio", { NULL } },
	    { PCI0 "/0000:00:05.0/virtio2/host4", "scsi", { NULL } },
	    { PCI0 "/0000:00:05.0/virtio2/host5", "scsi", { NULL } },
	    { PCI0 "/0000:00:05.0/virtio2/host5/target5:0:1", "scsi", { NULL } },
	    { PCI0 "/0000:00:05.0/virtio2/host5/target5:0:1/5:0:1:0",
	      "scsi",
	      { "vendor=QEMU    ", "model=QEMU HARDDISK   ", "vpd_pg80=\\x00\\x80\\x00\\x04abcd",
		"vpd_pg83=\\x00\\x83\\x00\\x0e\\x02\\x00\\x00\\x0adrive-root" } },
	    { PCI0 "/0000:00:05.0/virtio2/host5/target5:0:1/5:0:1:0/block/sda",
	      "block",
	      { NULL } } },
	  "BYID=scsi-SQEMU_QEMU_HARDDISK_abcd SERIAL=abcd "
	  "BYID=scsi-0QEMU_QEMU_HARDDISK_drive-root SERIAL=QEMU_QEMU_HARDDISK_drive-root "
	  "BYPATH=pci-0000:00:05.0-scsi-1:0:1:0" },
	{ "SAS: no path, and a page that is cut short",
	  "/dev/sda",
	  { { SAS, "scsi", { NULL } },
	    { SAS "/port-0:0/end_device-0:0/target0:0:0/0:0:0:0",
	      "scsi",
	      { "vendor=SEAGATE ", "model=ST600MM0006     ",
		"vpd_pg83=\\x00\\x83\\x00\\x48\\x01\\x03\\x00\\x08\\x50\\x00\\xc5\\x00\\x12"
		"\\x34\\x56\\x78\\x01\\x03\\x00\\x08\\x50" } },
	    { SAS "/port-0:0/end_device-0:0/target0:0:0/0:0:0:0/block/sda", "block", { NULL } } },
	  "BYID=scsi-35000c50012345678 SERIAL=5000c50012345678 "
	  "BYID=wwn-0x5000c50012345678" },
	{ "SD card on a board",
	  "/dev/mmcblk0p1",
	  { { "platform/soc/fe340000.mmc", "platform", { NULL } },
	    { "platform/soc/fe340000.mmc/mmc_host/mmc0", "mmc_host", { NULL } },
	    { "platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa",
	      "mmc",
	      { "name=SC32G", "serial=0x1234abcd" } },
	    { "platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0",
	      "block",
	      { NULL } },
	    { "platform/soc/fe340000.mmc/mmc_host/mmc0/mmc0:aaaa/block/mmcblk0/mmcblk0p1",
	      "block",
	      { "partition=1" } } },
	  "SERIAL=0x1234abcd BYID=mmc-SC32G_0x1234abcd-part1 "
	  "BYPATH=platform-fe340000.mmc-part1" },
	{ "mapping",
	  "/dev/dm-0",
	  { { "virtual/block/dm-0", "block", { "dm/name=vg-root", "dm/uuid=LVM-abcdef" } } },
	  "BYID=dm-name-vg-root BYID=dm-uuid-LVM-abcdef" },
	{ "controller that has a name with a directory",
	  "/dev/cciss/c0d0",
	  { { PCI0 "/0000:00:06.0", "pci", { NULL } },
	    { PCI0 "/0000:00:06.0/block/cciss!c0d0", "block", { NULL } } },
	  "" },
	{ "no such device", "/dev/sdz", { { PCI0, NULL, { NULL } } }, "" },
};

/* \xNN is that byte. */
static size_t unescape(const char *text, char *buf)
{
	size_t size = 0;

	while (*text) {
		unsigned int byte;

		if (sscanf(text, "\\x%2x", &byte) == 1) {
			buf[size++] = (char)byte;
			text += strlen("\\xNN");
		} else {
			buf[size++] = *text++;
		}
	}
	return size;
}

static void make_node(const struct node *node)
{
	char path[PATH_MAX], content[1024];
	const char *name = str_basename(node->path);

	(void)snprintf(path, sizeof(path), "%s/sys/devices/%s/uevent", scratch_directory(),
		       node->path);
	write_text(path, "");
	for (size_t i = 0; node->attributes[i]; i++) {
		const char *attribute = node->attributes[i], *equals = strchr(attribute, '=');
		size_t size = unescape(equals + 1, content);

		(void)snprintf(path, sizeof(path), "%s/sys/devices/%s/%.*s", scratch_directory(),
			       node->path, (int)(equals - attribute), attribute);
		write_file(path, content, size);
	}
	if (!node->subsystem)
		return;
	(void)snprintf(path, sizeof(path), "%s/sys/devices/%s/subsystem", scratch_directory(),
		       node->path);
	(void)snprintf(content, sizeof(content), "/sys/bus/%s", node->subsystem);
	assert_int_equal(symlink(content, path), 0);
	if (!str_equal(node->subsystem, "block"))
		return;
	(void)snprintf(path, sizeof(path), "%s/sys/class/block/keep", scratch_directory());
	write_text(path, "");
	(void)snprintf(path, sizeof(path), "%s/sys/class/block/%s", scratch_directory(), name);
	(void)snprintf(content, sizeof(content), "../../devices/%s", node->path);
	assert_int_equal(symlink(content, path), 0);
}

static void names(void **state)
{
	const struct machine_row *row = *state;
	_cleanup_strbuf_ struct strbuf found = { 0 };
	struct worker_message reply;

	remove_tree(scratch_path("sys"));
	for (size_t i = 0; i < ARRAY_SIZE(row->nodes) && row->nodes[i].path; i++)
		make_node(&row->nodes[i]);
	worker_message_init(&reply, 0, 0);
	assert_int_equal(disk_names_add(scratch_path("sys"), row->node, &reply), 0);
	for (unsigned int i = 0; *worker_message_get(&reply, i); i++)
		strbuf_printf(&found, "%s%s", i ? " " : "", worker_message_get(&reply, i));
	assert_string_equal(strbuf_string(&found), row->expected);
}

static void test_no_room(void **state)
{
	static const struct node disk = { "virtual/block/dm-0", "block", { "dm/name=a" } };
	struct worker_message reply;

	remove_tree(scratch_path("sys"));
	make_node(&disk);
	worker_message_init(&reply, 0, 0);
	while (worker_message_add(&reply, "TYPE=") >= 0)
		;
	assert_int_equal(disk_names_add(scratch_path("sys"), "/dev/dm-0", &reply), -EMSGSIZE);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, names, rows);
	TEST(&list, test_no_room);
	return test_list_run(&list);
}
