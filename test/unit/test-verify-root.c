/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What /init cannot put together, and a root that the command line does not name. */
#include "base/cleanup.h"
#include "base/str.h"
#include "config/discoverable-partitions.h"
#include "expect-host.h"
#include "fake-image.h"
#include "fake-machine.h"
#include "image/verify/verify.h"
#include "kindling/image-layout.h"
#include "support.h"

#define SDA      "pci0000:00/block/sda"
#define IS_ROOT  "E:ID_PART_ENTRY_TYPE=" GPT_ROOT_TYPE "\n"
#define IS_OTHER "E:ID_PART_ENTRY_TYPE=0fc63daf-8483-4772-8e79-3d69d8477de4\n"
#define CANNOT   ", which Kindling's /init cannot set up yet"
#define UNKNOWN  "; whether the image, which is another tool's, sets that up has not been looked at"
#define ADD_ROOT ": add root= to it"

static void write_disk(void)
{
	fake_machine_new();
	fake_machine_block(SDA, "8:0");
	fake_machine_partition(SDA "/sda1", "8:1");
	fake_machine_partition(SDA "/sda2", "8:2");
	fake_image_new();
}

static void expect_sentences(const char *complaint, const char *doubt)
{
	_cleanup_host_ struct host host = { 0 };
	struct verification verification = { .host = &host };

	read_machine(&host);
	fake_image_verify_configuration(&verification);
	expect_sentence(&verification.complaints, complaint);
	expect_sentence(&verification.doubts, doubt);
	verification_done(&verification);
}

/* A mapped volume, by its UUID. */
static const struct layer_row {
	const char *name, *uuid, *noun;
} layer_rows[] = {
	{ "LVM", "LVM-x", "a logical volume of LVM" },
	{ "multipath", "mpath-x", "a multipath device" },
	{ "RAID of a BIOS", "DMRAID-x", "a volume that device-mapper has made of others" },
	{ "plain", "CRYPT-PLAIN-x", "an encrypted volume without a LUKS header" },
};

static void test_mapped_root(void **state)
{
	const struct layer_row *row = *state;
	_cleanup_free_ char *complaint = str_format("/ is on x, %s" CANNOT, row->noun),
			    *doubt = str_format("/ is on x, %s" UNKNOWN, row->noun);

	assert_true(complaint && doubt);
	write_disk();
	fake_machine_mapped("dm-0", "253:0", "x", row->uuid, SDA "/sda1");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("253:0", "ext4", "/dev/mapper/x"));
	fake_machine_text("proc/cmdline", "root=/dev/mapper/x");
	expect_sentences(NULL, doubt);
	write_text(fake_image_path(IMAGE_UNLOCK), "Kindling's");
	expect_sentences(complaint, NULL);
}

/* What swaps, or another root of fstab, may be on anything. */
static void test_mapped_others(void **state)
{
	const struct layer_row *row = *state;

	write_disk();
	write_text(fake_image_path(IMAGE_UNLOCK), "Kindling's");
	fake_machine_mapped("dm-0", "253:0", "x", row->uuid, SDA "/sda1");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("8:2", "ext4", "/dev/sda2"));
	fake_machine_text("proc/cmdline", "root=/dev/sda2");
	fake_machine_text("proc/swaps", "Filename Type\n/dev/dm-0 partition 1 0 -2\n");
	fake_machine_text("etc/fstab", "/dev/mapper/x / ext4 rw 0 1\n");
	expect_sentences(NULL, NULL);
}

/* Of virtual disks without a device-mapper, by name. */
static const struct virtual_row {
	const char *name, *attribute, *sentence;
} virtual_rows[] = {
	{ "md0", "md/level", "/ is on md0, an MD array" CANNOT },
	{ "bcache0", "bcache/x", "/ is on bcache0, a cached disk (bcache)" CANNOT },
	{ "nbd0", "pid", "/ is on nbd0, something on the network" CANNOT },
};

static void test_virtual_root(void **state)
{
	const struct virtual_row *row = *state;
	_cleanup_free_ char *path = str_format("virtual/block/%s", row->name),
			    *attribute = str_format("sys/devices/%s/%s", path, row->attribute),
			    *cmdline = str_format("root=/dev/%s", row->name);

	assert_true(path && attribute && cmdline);
	write_disk();
	write_text(fake_image_path(IMAGE_UNLOCK), "Kindling's");
	fake_machine_block(path, "9:0");
	fake_machine_text(attribute, "raid1\n");
	fake_machine_stack(path, SDA "/sda1");
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("9:0", "ext4", "/dev/x"));
	fake_machine_text("proc/cmdline", cmdline);
	expect_sentences(row->sentence, NULL);
}

/* / is on sda2, and the command line does not say so. */
static const struct type_row {
	const char *name, *cmdline;
	const char *sda1, *sda2; /* udev's records */
	const char *complaint, *doubt;
	bool is_of_another_tool, has_loader;
} type_rows[] = {
	{ "its type says so", "quiet", IS_OTHER, IS_ROOT },
	{ "asked for", "root=gpt-auto", IS_OTHER, IS_ROOT },
	{ "another one does not count", "", IS_ROOT "E:ID_PART_ENTRY_FLAGS=0x8000000000000000\n",
	  IS_ROOT },
	{ "no type of a root", "quiet", IS_OTHER, IS_OTHER,
	  "the command line names no root, and no partition has the type of one" ADD_ROOT },
	{ "what /init does not understand", "root=zfs:pool", IS_OTHER, IS_ROOT,
	  "root= of the command line is nothing that /init understands, so that it would look for "
	  "no root" },
	{ "another one", "", IS_ROOT, IS_OTHER,
	  "the command line names no root, so that it is sda1 by its type of partition, which / "
	  "is not on now" ADD_ROOT },
	{ "several", "", IS_ROOT, IS_ROOT,
	  "the command line names no root, and of several partitions with the type of one /init "
	  "takes none" ADD_ROOT },
	{ "several, and the boot loader knows", "", IS_ROOT, IS_ROOT,
	  .doubt = "the command line names no root, and several partitions have the type of one; "
		   "which is on the disk that the boot loader is started from cannot be "
		   "told" ADD_ROOT,
	  .has_loader = true },
	{ "udev is not there", "", NULL, NULL,
	  .doubt = "the command line names no root, and whether a partition has the type of one "
		   "cannot be told, as udev has left no such types" ADD_ROOT },
	{ "no command line", NULL, IS_OTHER, IS_ROOT,
	  .doubt = "which root this machine's command line names cannot be told, as there is no "
		   "/proc/cmdline" },
	{ "image of another tool", "", IS_OTHER, IS_ROOT,
	  .doubt = "the command line names no root; whether the image, which is another tool's, "
		   "finds it otherwise cannot be told",
	  .is_of_another_tool = true },
};

static void test_root_by_type(void **state)
{
	const struct type_row *row = *state;

	write_disk();
	fake_machine_text("proc/self/mountinfo", FAKE_ROOT_MOUNT("8:2", "ext4", "/dev/sda2"));
	if (!row->is_of_another_tool)
		write_text(fake_image_path(IMAGE_UNLOCK), "Kindling's");
	if (row->cmdline)
		fake_machine_text("proc/cmdline", row->cmdline);
	if (row->sda1)
		fake_machine_text("run/udev/data/b8:1", row->sda1);
	if (row->sda2)
		fake_machine_text("run/udev/data/b8:2", row->sda2);
	if (row->has_loader)
		fake_machine_text("sys/firmware/efi/efivars/"
				  "LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f",
				  "x");
	expect_sentences(row->complaint, row->doubt);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_mapped_root, layer_rows);
	TEST_ROWS(&list, test_mapped_others, layer_rows);
	TEST_ROWS(&list, test_virtual_root, virtual_rows);
	TEST_ROWS(&list, test_root_by_type, type_rows);
	return test_list_run(&list);
}
