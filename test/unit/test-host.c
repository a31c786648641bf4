/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what is mounted down to the drivers of disks, on made-up machines. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "expect-host.h"
#include "fake-machine.h"
#include "support.h"

#define AHCI  "pci:v00008086d00009D03sv*bc01sc06i01"
#define XHCI  "pci:v00008086d0000A36Dsv*bc0Csc03i30"
#define NVME  "pci:v0000144Dd0000A808sv*bc01sc08i02"
#define SCSI  "scsi:t-0x00"
#define MOUNT FAKE_ROOT_MOUNT

static void mount_root(const char *line)
{
	fake_machine_text("proc/self/mountinfo", line);
}

/* A disk on a port of a SATA controller that is a PCI device of that address. */
static char *make_sata_disk(const char *address, const char *name, const char *number)
{
	char host[128], scsi[256], disk[512];

	(void)snprintf(host, sizeof(host), "pci0000:00/%s", address);
	(void)snprintf(scsi, sizeof(scsi), "%s/ata1/host0/target0:0:0/0:0:0:0", host);
	(void)snprintf(disk, sizeof(disk), "%s/block/%s", scsi, name);
	fake_machine_device(&(struct fake_device){ host, "pci", AHCI, "ahci", "ahci" });
	fake_machine_device(&(struct fake_device){ scsi, "scsi", SCSI, "sd", "sd_mod" });
	fake_machine_block(disk, number);
	return str_format("%s", disk);
}

/* One whose path does not matter: sda, 8:0. */
static void add_sata_disk(void)
{
	free(make_sata_disk("0000:00:17.0", "sda", "8:0"));
}

static void test_virtio_disk(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:02.0", "pci",
						   "pci:v00001AF4d00001042", "virtio-pci", NULL });
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:02.0/virtio1", "virtio",
						   "virtio:d00000002v00001AF4", "virtio_blk",
						   "virtio_blk" });
	fake_machine_block("pci0000:00/0000:00:02.0/virtio1/block/vda", "254:0");
	fake_machine_partition("pci0000:00/0000:00:02.0/virtio1/block/vda/vda1", "254:1");
	mount_root(MOUNT("254:1", "ext4", "/dev/root"));
	read_machine(&host);
	assert_true(host.has_sysfs);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "ext4", true, "/ is an ext4 file system");
	expect_need(&host, HOST_NEED_ALIAS, "virtio:d00000002v00001AF4", true,
		    "the driver of the virtio device virtio1, which the disk vda of / hangs from");
	expect_need(&host, HOST_NEED_MODULE, "virtio_blk", true, NULL);
	expect_need(&host, HOST_NEED_ALIAS, "pci:v00001AF4d00001042", true,
		    "the driver of the PCI device 0000:00:02.0, which the disk vda of / hangs "
		    "from");
	/* It is built in now, so that its name is a module's is a guess. */
	expect_need(&host, HOST_NEED_MODULE, "virtio-pci", false, NULL);
	assert_string_equal(((struct host_need *)host.needs.items[1])->device,
			    "/sys/devices/pci0000:00/0000:00:02.0/virtio1");
	assert_int_equal(host.needs.n_items, 5);
}

/* What a virtual machine's host serves is on no device, and so nothing is missing. */
static void test_root_without_device(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_root(MOUNT("0:30", "virtiofs", "myroot"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "virtiofs", true, "/ is an virtiofs file system");
	assert_int_equal(host.needs.n_items, 1);
}

/* The root port, and Intel's VMD, which puts disks into a PCI domain of its own. */
static void test_nvme_behind_vmd(void **state)
{
	static const char vmd[] = "pci:v00008086d0000A77Fsv*bc01sc04i00";
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:0e.0", "pci", vmd, "vmd", "vmd" });
	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0", "pci",
				       "pci:v00008086d0000A74D", "pcieport", NULL });
	fake_machine_device(&(struct fake_device){
		"pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0", "pci", NVME,
		"nvme", "nvme" });
	fake_machine_block("pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/nvme/"
			   "nvme0/nvme0n1",
			   "259:0");
	fake_machine_partition("pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0/"
			       "nvme/nvme0/nvme0n1/nvme0n1p2",
			       "259:2");
	mount_root(MOUNT("259:2", "xfs", "/dev/nvme0n1p2"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "xfs", true, NULL);
	expect_need(&host, HOST_NEED_ALIAS, NVME, true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "nvme", true, NULL);
	expect_need(&host, HOST_NEED_ALIAS, "pci:v00008086d0000A74D", true, NULL);
	expect_need(&host, HOST_NEED_ALIAS, vmd, true,
		    "the driver of the PCI device 0000:00:0e.0, which the disk nvme0n1 of / hangs "
		    "from");
	expect_need(&host, HOST_NEED_MODULE, "vmd", true, NULL);
}

static void test_luks_and_lvm(void **state)
{
	_cleanup_free_ char *disk = make_sata_disk("0000:00:17.0", "sda", "8:0"), *partition = NULL;
	_cleanup_host_ struct host host = { 0 };

	partition = str_format("%s/sda2", disk);
	fake_machine_partition(partition, "8:2");
	fake_machine_mapped("dm-0", "253:0", "sda2_crypt", "CRYPT-LUKS2-0123-sda2_crypt",
			    partition);
	fake_machine_mapped("dm-1", "253:1", "vg-root", "LVM-abc", "virtual/block/dm-0");
	mount_root(MOUNT("253:1", "ext4", "/dev/mapper/vg-root"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_DM_TARGET, "linear", true,
		    "/ is on the mapped volume vg-root");
	expect_need(&host, HOST_NEED_DM_TARGET, "crypt", true,
		    "/ is on the mapped volume sda2_crypt");
	expect_need(&host, HOST_NEED_CIPHER, "aes-xts-plain64", true, NULL);
	expect_need(&host, HOST_NEED_CIPHER, "aes-cbc-essiv:sha256", false, NULL);
	expect_need(&host, HOST_NEED_CIPHER, "serpent-xts-plain64", false, NULL);
	expect_need(&host, HOST_NEED_MODULE, "sd_mod", true,
		    "the driver of the SCSI device 0:0:0:0, which the disk sda of / hangs from");
	expect_need(&host, HOST_NEED_ALIAS, AHCI, true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
	expect_no_need(&host, HOST_NEED_DM_TARGET, "raid");
}

struct mapping_row {
	const char *name;
	const char *uuid;
	const char *part; /* name of a volume below, or NULL */
	const char *target;
	enum host_layer_kind kind;
};

static const struct mapping_row mapping_rows[] = {
	{ "LUKS1", "CRYPT-LUKS1-x", NULL, "crypt", HOST_LAYER_LUKS },
	{ "plain", "CRYPT-PLAIN-x", NULL, "crypt", HOST_LAYER_CRYPT },
	{ "BitLocker", "CRYPT-BITLK-x", NULL, "crypt", HOST_LAYER_CRYPT },
	{ "integrity", "CRYPT-INTEGRITY-x", NULL, "integrity", HOST_LAYER_MAPPING },
	{ "integrity below LUKS", "CRYPT-SUBDEV-x", NULL, "integrity", HOST_LAYER_LUKS },
	{ "verity", "CRYPT-VERITY-x", NULL, "verity", HOST_LAYER_MAPPING },
	{ "multipath", "mpath-3600", NULL, "multipath", HOST_LAYER_MULTIPATH },
	{ "partition of kpartx", "part1-mpath-3600", NULL, "linear", HOST_LAYER_MAPPING },
	{ "RAID of a BIOS", "DMRAID-x", NULL, "mirror", HOST_LAYER_MAPPING },
	{ "stratis", "stratis-1-private-x", NULL, "thin-pool", HOST_LAYER_MAPPING },
	{ "LVM", "LVM-x", "sda1", "striped", HOST_LAYER_LVM },
	{ "LVM mirror", "LVM-x", "vg-root_rimage_0", "raid", HOST_LAYER_LVM },
	{ "LVM part of an odd name", "LVM-x", "vg-my_rimages_rimage_0", "raid", HOST_LAYER_LVM },
	{ "LVM old mirror", "LVM-x", "vg-root_mimage_0", "mirror", HOST_LAYER_LVM },
	{ "LVM thin volume", "LVM-x", "vg-pool-tpool", "thin", HOST_LAYER_LVM },
	{ "LVM thin pool", "LVM-x", "vg-pool_tdata", "thin-pool", HOST_LAYER_LVM },
	{ "LVM origin", "LVM-x", "vg-root-real", "snapshot-origin", HOST_LAYER_LVM },
	{ "LVM snapshot", "LVM-x", "vg-root-cow", "snapshot", HOST_LAYER_LVM },
	{ "LVM cache", "LVM-x", "vg-root_corig-real", "cache", HOST_LAYER_LVM },
	{ "LVM write cache", "LVM-x", "vg-root_wcorig", "writecache", HOST_LAYER_LVM },
	{ "LVM integrity", "LVM-x", "vg-root_rimage_0_iorig", "integrity", HOST_LAYER_LVM },
	{ "LVM VDO", "LVM-x", "vg-root-vpool", "vdo", HOST_LAYER_LVM },
};

static void test_mapping(void **state)
{
	const struct mapping_row *row = *state;
	_cleanup_host_ struct host host = { 0 };

	fake_machine_block("pci0000:00/block/sda", "8:0");
	fake_machine_mapped("dm-0", "253:0", "vg-root", row->uuid,
			    row->part ? "virtual/block/dm-1" : "pci0000:00/block/sda");
	if (row->part)
		fake_machine_mapped("dm-1", "253:1", row->part, "LVM-y", "pci0000:00/block/sda");
	mount_root(MOUNT("253:0", "ext4", "/dev/mapper/vg-root"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_DM_TARGET, row->target, true,
		    "/ is on the mapped volume vg-root");
	expect_layer(&host, row->kind, "/", "vg-root");
}

/* "vg-notes_rimages" is a volume of that name, and no part of another. */
static void test_lvm_names_alike(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_mapped("dm-0", "253:0", "vg-root", "LVM-x", "virtual/block/dm-1");
	fake_machine_mapped("dm-1", "253:1", "vg-notes_rimages", "LVM-y", NULL);
	mount_root(MOUNT("253:0", "ext4", "/dev/mapper/vg-root"));
	read_machine(&host);
	expect_no_need(&host, HOST_NEED_DM_TARGET, "raid");
}

static void test_unknown_mapping(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_mapped("dm-0", "253:0", "odd", "ODD-x", NULL);
	mount_root(MOUNT("253:0", "ext4", "/dev/mapper/odd"));
	read_machine(&host);
	expect_gap(&host, "/ is on the mapped volume odd, whose UUID \"ODD-x\" does not tell");
}

static void test_raid1_on_two_controllers(void **state)
{
	_cleanup_free_ char *a = make_sata_disk("0000:00:17.0", "sda", "8:0"), *b = NULL;
	_cleanup_host_ struct host host = { 0 };

	b = str_format("pci0000:00/0000:00:1c.0/0000:03:00.0/ata7/host6/target6:0:0/6:0:0:0/block/"
		       "sdb");
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:1c.0/0000:03:00.0", "pci",
						   "pci:v00001B4Bd00009230", "mvsas", "mvsas" });
	fake_machine_block(b, "8:16");
	fake_machine_block("virtual/block/md0", "9:0");
	fake_machine_text("sys/devices/virtual/block/md0/md/level", "raid1\n");
	fake_machine_stack("virtual/block/md0", a);
	fake_machine_stack("virtual/block/md0", b);
	fake_machine_partition("virtual/block/md0/md0p1", "259:7");
	mount_root(MOUNT("259:7", "ext4", "/dev/md0p1"));
	read_machine(&host);
	expect_no_note(&host);
	expect_layer(&host, HOST_LAYER_PARTITION, "/", "md0p1");
	expect_layer(&host, HOST_LAYER_MD, "/", "md0");
	expect_need(&host, HOST_NEED_ALIAS, "md-raid1", true, "/ is on the array md0 (raid1)");
	expect_need(&host, HOST_NEED_MODULE, "md_mod", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "mvsas", true,
		    "the driver of the PCI device 0000:03:00.0, which the disk sdb of / hangs "
		    "from");
}

/* Of two that need the same, the reason names the first by name, whatever sysfs lists first. */
static void test_order_of_disks(void **state)
{
	_cleanup_free_ char *a = make_sata_disk("0000:00:17.0", "sda", "8:0"), *b = NULL;
	_cleanup_host_ struct host host = { 0 };

	b = make_sata_disk("0000:00:18.0", "sdb", "8:16");
	fake_machine_block("virtual/block/md0", "9:0");
	fake_machine_text("sys/devices/virtual/block/md0/md/level", "raid0\n");
	fake_machine_stack("virtual/block/md0", a);
	fake_machine_stack("virtual/block/md0", b);
	mount_root(MOUNT("9:0", "ext4", "/dev/md0"));
	read_machine(&host);
	expect_need(&host, HOST_NEED_ALIAS, AHCI, true,
		    "the driver of the PCI device 0000:00:17.0, which the disk sda of / hangs "
		    "from");
}

/* The number of a btrfs is made up. Its second disk is known to sysfs only. */
static void test_btrfs_on_two_disks(void **state)
{
	static const char *const disks[] = { "pci0000:00/0000:00:17.0/block/sda",
					     "pci0000:00/0000:00:18.0/block/sdb" };
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:17.0", "pci", AHCI, "ahci", "ahci" });
	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:18.0", "pci", NVME, "nvme", "nvme" });
	fake_machine_block(disks[0], "8:0");
	fake_machine_block(disks[1], "8:16");
	fake_machine_text("sys/fs/btrfs/features/raid56", "1\n");
	/* Another file system, which is no business of root's. */
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:19.0", "pci", XHCI,
						   "xhci_hcd", "xhci_pci" });
	fake_machine_block("pci0000:00/0000:00:19.0/block/sdc", "8:32");
	fake_machine_link("sys/fs/btrfs/0815/devices/sdc",
			  "sys/devices/pci0000:00/0000:00:19.0/block/sdc");
	fake_machine_link("sys/fs/btrfs/4711/devices/sda",
			  "sys/devices/pci0000:00/0000:00:17.0/block/sda");
	fake_machine_link("sys/fs/btrfs/4711/devices/sdb",
			  "sys/devices/pci0000:00/0000:00:18.0/block/sdb");
	mount_root(MOUNT("0:30", "btrfs", "/dev/sda"));
	read_machine(&host);
	expect_no_note(&host);
	expect_layer(&host, HOST_LAYER_SEVERAL, "/", "sda");
	expect_need(&host, HOST_NEED_FILESYSTEM, "btrfs", true, NULL);
	expect_no_need(&host, HOST_NEED_MODULE, "xhci_pci");
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "nvme", true, NULL);
}

static void test_bcachefs_on_two_disks(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:17.0", "pci", AHCI, "ahci", "ahci" });
	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:18.0", "pci", NVME, "nvme", "nvme" });
	fake_machine_block("pci0000:00/0000:00:17.0/block/sda", "8:0");
	fake_machine_block("pci0000:00/0000:00:18.0/block/sdb", "8:16");
	mount_root(MOUNT("0:30", "bcachefs", "/dev/sda:/dev/sdb"));
	read_machine(&host);
	expect_no_note(&host);
	expect_layer(&host, HOST_LAYER_SEVERAL, "/", "/dev/sda:/dev/sdb");
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "nvme", true, NULL);
}

static void test_usb_disk_behind_hub(void **state)
{
	static const char interface[] = "pci0000:00/0000:00:14.0/usb2/2-1/2-1.3/2-1.3:1.0";
	_cleanup_host_ struct host host = { 0 };
	char disk[256];

	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:14.0", "pci", XHCI,
						   "xhci_hcd", "xhci_pci" });
	/* A USB device has no modalias, its interfaces have. */
	fake_machine_device(&(struct fake_device){ "pci0000:00/0000:00:14.0/usb2/2-1", "usb", NULL,
						   "usb", "usbcore" });
	fake_machine_device(
		&(struct fake_device){ interface, "usb", "usb:v0BC2p2321", "uas", "uas" });
	(void)snprintf(disk, sizeof(disk), "%s/host2/target2:0:0/2:0:0:0/block/sdc", interface);
	fake_machine_block(disk, "8:32");
	mount_root(MOUNT("8:32", "ext4", "/dev/sdc"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, "usb:v0BC2p2321", true,
		    "the driver of the USB device 2-1.3:1.0, which the disk sdc of / hangs from");
	expect_need(&host, HOST_NEED_MODULE, "uas", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "usbcore", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "xhci_pci", true, NULL);
}

/* A board with a device tree, whose controller has a regulator on I2C and a clock. */
static void test_sd_card_with_suppliers(void **state)
{
	static const char controller[] = "platform/soc/fe320000.mmc";
	static const char regulator[] = "platform/soc/ff3c0000.i2c/i2c-0/0-0020/regulator-vcc";
	_cleanup_host_ struct host host = { 0 };
	char path[128];

	fake_machine_device(&(struct fake_device){ controller, "platform", "of:NmmcT(null)Cdw-mshc",
						   "dwmmc_rockchip", "dw_mmc_rockchip" });
	(void)snprintf(path, sizeof(path), "%s/mmc_host/mmc1/mmc1:aaaa", controller);
	fake_machine_device(
		&(struct fake_device){ path, "mmc", "mmc:block", "mmcblk", "mmc_block" });
	(void)snprintf(path, sizeof(path), "%s/mmc_host/mmc1/mmc1:aaaa/block/mmcblk1", controller);
	fake_machine_block(path, "179:0");
	fake_machine_device(&(struct fake_device){ regulator, "platform",
						   "platform:rk808-regulator", "rk808-regulator",
						   "rk808_regulator" });
	fake_machine_device(&(struct fake_device){ "platform/soc/ff3c0000.i2c", "platform",
						   "of:Ni2c", "rk3x-i2c", "i2c_rk3x" });
	fake_machine_device(
		&(struct fake_device){ "platform/clock", "platform", "of:Nclk", "clk", NULL });
	/* As the kernel has it, by a device link; and straight, as nobody forbids. */
	fake_machine_link("sys/devices/platform/soc/fe320000.mmc/supplier:platform:regulator-vcc",
			  "sys/devices/virtual/devlink/regulator--mmc");
	fake_machine_link("sys/devices/virtual/devlink/regulator--mmc/supplier",
			  "sys/devices/platform/soc/ff3c0000.i2c/i2c-0/0-0020/regulator-vcc");
	fake_machine_link("sys/devices/platform/soc/fe320000.mmc/supplier:platform:clock",
			  "sys/devices/platform/clock");
	fake_machine_link("sys/devices/platform/soc/fe320000.mmc/supplier:platform:lost",
			  "sys/devices/virtual/devlink/lost");
	/* They supply each other. */
	fake_machine_link("sys/devices/platform/clock/supplier:platform:fe320000.mmc",
			  "sys/devices/platform/soc/fe320000.mmc");
	mount_root(MOUNT("179:0", "ext4", "/dev/mmcblk1"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, "mmc:block", true,
		    "the driver of the memory card mmc1:aaaa, which the disk mmcblk1 of / hangs "
		    "from");
	expect_need(&host, HOST_NEED_MODULE, "dw_mmc_rockchip", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "rk808_regulator", true,
		    "the driver of the device regulator-vcc, a supplier of fe320000.mmc, which the "
		    "disk mmcblk1 of / hangs from");
	expect_need(&host, HOST_NEED_MODULE, "i2c_rk3x", true,
		    "the driver of the device ff3c0000.i2c, which regulator-vcc hangs from, a "
		    "supplier of fe320000.mmc, which the disk mmcblk1 of / hangs from");
	expect_need(&host, HOST_NEED_ALIAS, "of:Nclk", true, NULL);
}

/* The disk is no device of its controllers, of which there are two. */
static void test_nvme_multipath(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:01:00.0", "pci", NVME, "nvme", "nvme" });
	fake_machine_device(&(struct fake_device){ "pci0000:40/0000:41:00.0", "pci",
						   "pci:v0000144Dd0000A80A", "nvme", "nvme" });
	fake_machine_text("sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0/state", "live\n");
	fake_machine_text("sys/devices/pci0000:40/0000:41:00.0/nvme/nvme1/state", "live\n");
	fake_machine_block("virtual/nvme-subsystem/nvme-subsys0/nvme0n1", "259:0");
	fake_machine_link("sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
			  "sys/devices/pci0000:00/0000:01:00.0/nvme/nvme0");
	fake_machine_link("sys/devices/virtual/nvme-subsystem/nvme-subsys0/nvme1",
			  "sys/devices/pci0000:40/0000:41:00.0/nvme/nvme1");
	mount_root(MOUNT("259:0", "ext4", "/dev/nvme0n1"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_ALIAS, NVME, true,
		    "the driver of the PCI device 0000:01:00.0, which the disk nvme0n1 of / hangs "
		    "from");
	expect_need(&host, HOST_NEED_ALIAS, "pci:v0000144Dd0000A80A", true, NULL);
}

static void test_bcache(void **state)
{
	_cleanup_free_ char *disk = make_sata_disk("0000:00:17.0", "sda", "8:0");
	_cleanup_host_ struct host host = { 0 };

	fake_machine_block("virtual/block/bcache0", "252:0");
	fake_machine_stack("virtual/block/bcache0", disk);
	mount_root(MOUNT("252:0", "ext4", "/dev/bcache0"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_MODULE, "bcache", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
}

/* A file on a file system of a disk, whose mount point has a blank in its name. */
static void test_loop_device(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	add_sata_disk();
	fake_machine_block("virtual/block/loop0", "7:0");
	fake_machine_text("sys/devices/virtual/block/loop0/loop/backing_file",
			  "/run/my host/disks/root.img\n");
	mount_root(MOUNT("7:0", "ext4",
			 "/dev/loop0") "26 25 8:0 / /run/my\\040host rw - ntfs3 /dev/sda rw\n"
				       "27 26 8:1 / /run/my\\040host/dis rw - jfs /dev/sda1 rw\n"
				       "28 25 0:9 / /run rw - tmpfs tmpfs rw\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_MODULE, "loop", true, NULL);
	expect_need(&host, HOST_NEED_FILESYSTEM, "ntfs3", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
}

/* Its file is on the file system that it holds. */
static void test_loop_on_itself(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_block("virtual/block/loop0", "7:0");
	fake_machine_text("sys/devices/virtual/block/loop0/loop/backing_file", "/root.img\n");
	mount_root(MOUNT("7:0", "ext4", "/dev/loop0"));
	read_machine(&host);
	expect_no_note(&host);
	assert_int_equal(host.needs.n_items, 2);
}

/* Two mapped volumes that are made of each other. */
static void test_circle_of_volumes(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_mapped("dm-0", "253:0", "a", "LVM-a", "virtual/block/dm-1");
	fake_machine_mapped("dm-1", "253:1", "b", "LVM-b", "virtual/block/dm-0");
	mount_root(MOUNT("253:0", "ext4", "/dev/dm-0"));
	read_machine(&host);
	expect_need(&host, HOST_NEED_DM_TARGET, "linear", true, NULL);
}

/* As deep as nobody has it, and more devices than are looked at. */
static void test_too_many_devices(void **state)
{
	enum { N_DEVICES = 9000 };
	_cleanup_host_ struct host host = { 0 };

	fake_machine_block("virtual/block/md0", "9:0");
	fake_machine_text("sys/devices/virtual/block/md0/md/level", "raid0\n");
	for (unsigned int i = 0; i < N_DEVICES; i++) {
		char link[64], target[64];

		(void)snprintf(link, sizeof(link), "sys/devices/virtual/block/md0/slaves/d%u", i);
		(void)snprintf(target, sizeof(target), "sys/devices/x/d%u", i);
		fake_machine_link(link, target);
	}
	mount_root(MOUNT("9:0", "ext4", "/dev/md0"));
	read_machine(&host);
	expect_gap(&host, "more than 8192 devices");
}

static void test_separate_usr(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	add_sata_disk();
	fake_machine_device(
		&(struct fake_device){ "pci0000:00/0000:00:18.0", "pci", NVME, "nvme", "nvme" });
	fake_machine_block("pci0000:00/0000:00:18.0/nvme/nvme0/nvme0n1", "259:0");
	mount_root(MOUNT("8:0", "ext4", "/dev/sda") "26 25 259:0 / /usr ro - erofs /dev/nvme0n1 "
						    "ro\n");
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "erofs", true, "/usr is an erofs file system");
	expect_need(&host, HOST_NEED_MODULE, "nvme", true,
		    "the driver of the PCI device 0000:00:18.0, which the disk nvme0n1 of /usr "
		    "hangs from");
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
}

/* The upper of two mounts is the one that is seen; one that begins alike is another. */
static void test_mounts_one_over_another(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_root("1 1 0:2 / / rw - rootfs rootfs rw\n"
		   "25 1 8:0 / / rw - ext4 /dev/sda rw\n"
		   "26 25 8:1 / /usrlocal rw - jfs /dev/sdb rw\n"
		   "a line that is none\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "ext4", true, NULL);
	expect_no_need(&host, HOST_NEED_FILESYSTEM, "rootfs");
	expect_no_need(&host, HOST_NEED_FILESYSTEM, "jfs");
	expect_gap(&host, "/ is mounted from /dev/sda, whose devices sysfs does not list");
}

/* As with ostree: the root that is mounted is made of the file system at /sysroot. */
static void test_sysroot_below_overlay(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	add_sata_disk();
	mount_root(MOUNT("0:30", "overlay", "composefs") "26 25 8:0 / /sysroot rw - xfs /dev/sda "
							 "rw\n");
	read_machine(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "xfs", true, NULL);
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
}

static void test_network_root(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	mount_root(MOUNT("0:30", "nfs4", "server:/root"));
	read_machine(&host);
	expect_need(&host, HOST_NEED_FILESYSTEM, "nfs4", true, NULL);
	expect_no_note(&host);
	expect_layer(&host, HOST_LAYER_NETWORK, "/", "server:/root");
}

static void test_kind_without_a_rule(void **state)
{
	_cleanup_free_ char *disk = make_sata_disk("0000:00:17.0", "sda", "8:0");
	_cleanup_host_ struct host host = { 0 };

	fake_machine_block("virtual/block/flash0", "252:0");
	fake_machine_stack("virtual/block/flash0", disk);
	mount_root(MOUNT("252:0", "ext4", "/dev/flash0"));
	read_machine(&host);
	expect_no_note(&host);
	expect_need(&host, HOST_NEED_MODULE, "ahci", true, NULL);
}

static void test_disk_on_the_network(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_device(&(struct fake_device){ "platform/host3/session1/target3:0:0/3:0:0:1",
						   "scsi", SCSI, "sd", "sd_mod" });
	fake_machine_block("platform/host3/session1/target3:0:0/3:0:0:1/block/sda", "8:0");
	mount_root(MOUNT("8:0", "ext4", "/dev/sda"));
	read_machine(&host);
	expect_need(&host, HOST_NEED_MODULE, "sd_mod", true, NULL);
	expect_no_note(&host);
	expect_layer(&host, HOST_LAYER_NETWORK, "/", "sda");
}

static void test_disk_without_hardware(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	fake_machine_block("virtual/block/nbd0", "43:0");
	mount_root(MOUNT("43:0", "ext4", "/dev/nbd0"));
	read_machine(&host);
	expect_no_note(&host);
	expect_layer(&host, HOST_LAYER_NETWORK, "/", "nbd0");
}

/* With everything that a container without /sys still tells. */
static void test_no_sysfs(void **state)
{
	_cleanup_host_ struct host host = { 0 };
	char path[64];

	(void)snprintf(path, sizeof(path), "%s/sys", fake_machine_root());
	remove_tree(path);
	mount_root(MOUNT("8:1", "ext4", "/dev/sda1"));
	fake_machine_text("etc/fstab", "UUID=1234 / ext4 defaults 0 1\n");
	fake_machine_text("etc/crypttab", "swap UUID=12 none x-initrd.attach\n");
	read_machine(&host);
	assert_false(host.has_sysfs);
	expect_need(&host, HOST_NEED_FILESYSTEM, "ext4", true, NULL);
	expect_need(&host, HOST_NEED_DM_TARGET, "crypt", false, NULL);
	expect_gap(&host, "there is no /sys here");
}

static void test_nothing_at_all(void **state)
{
	_cleanup_host_ struct host host = { 0 };

	read_machine(&host);
	assert_true(host.has_sysfs);
	assert_int_equal(host.needs.n_items, 0);
	expect_gap(&host, "tells which device / is on");
}

static int set_up(void **state)
{
	fake_machine_new();
	return 0;
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_virtio_disk);
	TEST(&list, test_root_without_device);
	TEST(&list, test_nvme_behind_vmd);
	TEST(&list, test_luks_and_lvm);
	TEST_ROWS(&list, test_mapping, mapping_rows);
	TEST(&list, test_lvm_names_alike);
	TEST(&list, test_unknown_mapping);
	TEST(&list, test_raid1_on_two_controllers);
	TEST(&list, test_order_of_disks);
	TEST(&list, test_btrfs_on_two_disks);
	TEST(&list, test_bcachefs_on_two_disks);
	TEST(&list, test_usb_disk_behind_hub);
	TEST(&list, test_sd_card_with_suppliers);
	TEST(&list, test_nvme_multipath);
	TEST(&list, test_bcache);
	TEST(&list, test_loop_device);
	TEST(&list, test_loop_on_itself);
	TEST(&list, test_circle_of_volumes);
	TEST(&list, test_too_many_devices);
	TEST(&list, test_separate_usr);
	TEST(&list, test_mounts_one_over_another);
	TEST(&list, test_sysroot_below_overlay);
	TEST(&list, test_network_root);
	TEST(&list, test_kind_without_a_rule);
	TEST(&list, test_disk_on_the_network);
	TEST(&list, test_disk_without_hardware);
	TEST(&list, test_no_sysfs);
	TEST(&list, test_nothing_at_all);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
