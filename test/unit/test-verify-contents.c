/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is on the devices that the command line and crypttab call the root, or a LUKS volume. */
#include "base/cleanup.h"
#include "base/str.h"
#include "expect-host.h"
#include "fake-image.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"
#include "support.h"

#define VDA    "pci0000:00/block/vda"
#define UUID   "35a0a5c5-f930-5ee2-93ea-5e5afb7c3edd"
#define OTHER  "c156b2c0-d516-48d7-805b-a78bac83d818"
#define MAPPER "root=/dev/mapper/b"
#define NAMES  " of the command line names "
#define IS_OTHER                                                                               \
	" of the command line is not what / is on now, so what it needs, and whether it is a " \
	"root, has not been looked at"
#define NOT_LUKS "the command line, for b, names the device "
#define LEAVES(t) \
	"rootfstype=" t " of the command line leaves out ext4, which the root file system is"

/* / is ext4 on vda, or on a volume in it. */
static const struct row {
	const char *name, *cmdline;
	const char *complaint, *doubt;
	const char *crypttab; /* of the image */
	bool is_encrypted;    /* / is on the volume cryptroot on vda */
	bool is_silent;       /* nobody knows what is on which device, but for what is mounted */
	bool is_not_mounted;  /* nor what / is on */
} rows[] = {
	{ "as it is", "root=/dev/vda" },
	{ "by UUID", "root=UUID=12-ab" },
	{ "nothing is known, and so it is", "root=/dev/vda", .is_silent = true },
	{ "nothing is mounted", "root=/dev/vda", .is_not_mounted = true },

	{ "another type", "root=/dev/vda rootfstype=xfs", LEAVES("xfs") },
	{ "the type among others", "root=/dev/vda rootfstype=xfs,ext4" },
	{ "none of two", "root=/dev/vda rootfstype=xfs,btrfs", LEAVES("xfs,btrfs") },
	{ "any type", "root=/dev/vda rootfstype=auto" },
	{ "the driver takes both", "root=/dev/vda rootfstype=ext3" },
	{ "another type, and udev is silent", "root=/dev/vda rootfstype=xfs", LEAVES("xfs"),
	  .is_silent = true },
	{ "another type in a volume", MAPPER " rd.luks.name=" UUID "=b rootfstype=xfs",
	  LEAVES("xfs"), .is_encrypted = true },
	{ "type in a volume that is root=", "root=/dev/vda rootfstype=ext4", .is_encrypted = true },
	{ "another type in a volume that is root=", "root=/dev/vda rootfstype=xfs", LEAVES("xfs"),
	  .is_encrypted = true },

	{ "another file system", "root=/dev/vdb", .doubt = "root=/dev/vdb" IS_OTHER },
	{ "nobody knows which is /", "root=/dev/vdb", .is_not_mounted = true },
	{ "swap", "root=/dev/vdc",
	  "root=/dev/vdc" NAMES "a device with swap on it, which is no file "
	  "system" },
	{ "swap, and nobody knows which is /", "root=/dev/vdc",
	  "root=/dev/vdc" NAMES "a device with swap on it, which is no file system",
	  .is_not_mounted = true },
	{ "an empty disk", "root=/dev/vdd",
	  "root=/dev/vdd" NAMES "a device without a file system on "
	  "it" },
	{ "a disk of which nothing is known", "root=/dev/vdd", .doubt = "root=/dev/vdd" IS_OTHER,
	  .is_silent = true },
	{ "a disk in memory", "root=/dev/zram0",
	  "root=/dev/zram0" NAMES "a disk in memory, which is "
	  "empty when the machine starts" },
	{ "a member of an array", "root=/dev/vdf",
	  "root=/dev/vdf" NAMES "a device with "
	  "linux_raid_member on it, which is no file system" },
	{ "another LUKS volume", "root=/dev/vde", .doubt = "root=/dev/vde" IS_OTHER },
	{ "no device at all", "root=9p:x" },

	{ "opened under another name", MAPPER " rd.luks.name=" UUID "=b", .is_encrypted = true },
	{ "opened by a part of the UUID", MAPPER " rd.luks.name=35a0=b", .is_encrypted = true },
	{ "a volume that / is not on", MAPPER " rd.luks.name=" OTHER "=b",
	  .doubt = MAPPER IS_OTHER },
	{ "a part of a file system's UUID", MAPPER " rd.luks.name=12=b", .doubt = MAPPER IS_OTHER },

	{ "no LUKS volume", MAPPER " cryptdevice=/dev/vda:b",
	  NOT_LUKS "/dev/vda, which is ext4, not a LUKS volume", MAPPER IS_OTHER },
	{ "no LUKS volume, and udev is silent", MAPPER " cryptdevice=/dev/vda:b",
	  NOT_LUKS "/dev/vda, which is ext4, not a LUKS volume", MAPPER IS_OTHER,
	  .is_silent = true },
	{ "an empty disk is no LUKS volume", MAPPER " cryptdevice=/dev/vdd:b",
	  NOT_LUKS "/dev/vdd, which is blank or partitioned, not a LUKS volume", MAPPER IS_OTHER },
	{ "no LUKS volume in crypttab", MAPPER,
	  "line 1 of the image's " IMAGE_CRYPTTAB ", for b, names the device UUID=12-ab, which is "
	  "ext4, not a LUKS volume",
	  MAPPER IS_OTHER, "b UUID=12-ab none luks\n" },
	{ "no LUKS volume, and it is not opened", "root=/dev/vda", .crypttab = "b /dev/vdb\n" },
	{ "no LUKS volume, and it may fail", "root=/dev/vda",
	  .crypttab = "b /dev/vdb - x-initrd.attach,nofail\n" },
	{ "a header elsewhere", "root=/dev/vda",
	  .crypttab = "b /dev/vdb - x-initrd.attach,header=/h\n" },
	{ "a LUKS volume", "root=/dev/vda rd.luks.uuid=" OTHER },
};

static const struct disk {
	const char *name, *number, *udev;
} disks[] = {
	{ "vda", "254:0", "E:ID_PATH=pci\nE:ID_FS_TYPE=ext4\nS:disk/by-uuid/12-ab\n" },
	{ "vdb", "254:1", "E:ID_PATH=pci\nE:ID_FS_TYPE=ext4\n" },
	{ "vdc", "254:2", "E:ID_PATH=pci\nE:ID_FS_TYPE=swap\n" },
	{ "vdd", "254:3", "E:ID_PATH=pci\n" },
	{ "vde", "254:4", "E:ID_PATH=pci\nE:ID_FS_TYPE=crypto_LUKS\nS:disk/by-uuid/" OTHER "\n" },
	{ "vdf", "254:5", "E:ID_PATH=pci\nE:ID_FS_TYPE=linux_raid_member\n" },
};

static void write_disk(const struct disk *disk, const struct row *row)
{
	_cleanup_free_ char *path = str_format("pci0000:00/block/%s", disk->name),
			    *record = str_format("run/udev/data/b%s", disk->number);
	bool is_root = str_equal(disk->name, "vda");

	assert_true(path && record);
	fake_machine_block(path, disk->number);
	if (row->is_silent)
		return;
	fake_machine_text(record, row->is_encrypted && is_root
					  ? "E:ID_FS_TYPE=crypto_LUKS\nS:disk/by-uuid/" UUID "\n"
					  : disk->udev);
}

static void write_machine(const struct row *row)
{
	fake_machine_new();
	for (size_t i = 0; i < ARRAY_SIZE(disks); i++)
		write_disk(&disks[i], row);
	fake_machine_block("virtual/block/zram0", "253:0");
	if (row->is_encrypted)
		fake_machine_mapped("dm-0", "252:0", "cryptroot",
				    "CRYPT-LUKS2-35a0a5c5f9305ee293ea5e5afb7c3edd-cryptroot", VDA);
	if (!row->is_not_mounted)
		fake_machine_text("proc/self/mountinfo",
				  row->is_encrypted ? FAKE_ROOT_MOUNT("252:0", "ext4", "/dev/dm-0")
						    : FAKE_ROOT_MOUNT("254:0", "ext4", "/dev/vda"));
	fake_machine_text("proc/cmdline", row->cmdline);
}

static void test_contents(void **state)
{
	const struct row *row = *state;
	_cleanup_host_ struct host host = { 0 };
	struct verification verification = { .host = &host };

	write_machine(row);
	fake_image_new();
	write_text(fake_image_path(IMAGE_UNLOCK), "by which Kindling's images are known");
	if (row->crypttab)
		write_text(fake_image_path(IMAGE_CRYPTTAB), row->crypttab);
	read_machine(&host);
	fake_image_verify_configuration(&verification);
	expect_sentence(&verification.complaints, row->complaint);
	expect_sentence(&verification.doubts, row->doubt);
	verification_done(&verification);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_contents, rows);
	return test_list_run(&list);
}
