/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <sys/sysmacros.h>

#include "config/device-spec.h"
#include "init/blockdev.h"
#include "init/match.h"
#include "support.h"

#define EXT4                                                     \
	{                                                        \
		.type = "ext4", .uuid = "aa-11", .label = "root" \
	}
#define SWAP                                                        \
	{                                                           \
		.type = "swap", .uuid = "bb-22", .label = "My Swap" \
	}
#define LUKS                                                        \
	{                                                           \
		.type = "crypto_LUKS", .uuid = "cc-33", .label = "" \
	}

static char names[] = "BYID=ata-A_1\0BYID=wwn-0x1\0BYPATH=pci-0-ata-1\0SERIAL=WX1234";

static struct blockdev partition = {
	.node = "/dev/vda2",
	.partuuid = "dd-44",
	.partlabel = "Linux root",
	.superblocks = { EXT4 },
	.n_superblocks = 1,
	.tags = names,
	.tags_size = sizeof(names),
};
static struct blockdev volume = {
	.node = "/dev/dm-1",
	.dm_name = "my--group-root",
	.partuuid = "",
	.partlabel = "",
	.superblocks = { { .type = "vfat", .uuid = "ABCD-1234", .label = "a b" } },
	.n_superblocks = 1,
};
static struct blockdev mapping = {
	.node = "/dev/dm-0",
	.dm_name = "root",
	.partuuid = "",
	.partlabel = "",
	.superblocks = { EXT4 },
	.n_superblocks = 1,
};
static struct blockdev empty = { .node = "/dev/vdb", .partuuid = "", .partlabel = "" };
static struct blockdev array = { .node = "/dev/cciss/c0d0", .partuuid = "", .partlabel = "" };
static struct blockdev ambivalent = {
	.node = "/dev/sda1",
	.partuuid = "ee-55",
	.partlabel = "",
	.superblocks = { EXT4, SWAP, LUKS },
	.n_superblocks = 3,
};

struct match_row {
	const char *name;
	const struct blockdev *device;
	enum device_spec_kind kind;
	const char *value, *types;
	bool expected;
};

static const struct match_row rows[] = {
	{ "nothing asked for", &partition, DEVICE_SPEC_NONE, NULL, NULL, false },
	{ "node", &partition, DEVICE_SPEC_NODE, "vda2", NULL, true },
	{ "node with a directory", &array, DEVICE_SPEC_NODE, "cciss/c0d0", NULL, true },
	{ "node, beginning", &partition, DEVICE_SPEC_NODE, "vda", NULL, false },
	{ "node, in the wrong case", &partition, DEVICE_SPEC_NODE, "VDA2", NULL, false },
	{ "mapping by its name", &mapping, DEVICE_SPEC_MAPPER, "root", NULL, true },
	{ "mapping by its node", &mapping, DEVICE_SPEC_NODE, "dm-0", NULL, true },
	{ "mapping by another name", &mapping, DEVICE_SPEC_MAPPER, "Root", NULL, false },
	{ "no mapping", &partition, DEVICE_SPEC_MAPPER, "root", NULL, false },
	{ "UUID", &partition, DEVICE_SPEC_UUID, "aa-11", NULL, true },
	{ "UUID in upper case", &partition, DEVICE_SPEC_UUID, "AA-11", NULL, true },
	{ "UUID of another", &partition, DEVICE_SPEC_UUID, "aa-12", NULL, false },
	{ "UUID that is longer", &partition, DEVICE_SPEC_UUID, "aa-111", NULL, false },
	{ "UUID, the type does not matter", &partition, DEVICE_SPEC_UUID, "aa-11", "xfs", true },
	{ "UUID of an empty disk", &empty, DEVICE_SPEC_UUID, "aa-11", NULL, false },
	{ "UUID that is the partition's", &partition, DEVICE_SPEC_UUID, "dd-44", NULL, false },
	{ "label", &partition, DEVICE_SPEC_LABEL, "root", NULL, true },
	{ "label in another case", &partition, DEVICE_SPEC_LABEL, "Root", NULL, false },
	{ "label of an empty disk", &empty, DEVICE_SPEC_LABEL, "root", NULL, false },
	{ "PARTUUID in upper case", &partition, DEVICE_SPEC_PARTUUID, "DD-44", NULL, true },
	{ "PARTUUID of another", &partition, DEVICE_SPEC_PARTUUID, "dd-45", NULL, false },
	{ "PARTUUID of a whole disk", &empty, DEVICE_SPEC_PARTUUID, "dd-44", NULL, false },
	{ "a part of the UUID", &partition, DEVICE_SPEC_UUID_PART, "A-1", NULL, true },
	{ "no part of the UUID", &partition, DEVICE_SPEC_UUID_PART, "a-2", NULL, false },
	{ "a part of no UUID", &empty, DEVICE_SPEC_UUID_PART, "a", NULL, false },
	{ "short UUID", &volume, DEVICE_SPEC_UUID, "abcd-1234", NULL, true },
	{ "label with a space", &volume, DEVICE_SPEC_LABEL, "a b", NULL, true },
	{ "logical volume", &volume, DEVICE_SPEC_NODE, "my-group/root", NULL, true },
	{ "logical volume, as its mapping is called", &volume, DEVICE_SPEC_MAPPER, "my--group-root",
	  NULL, true },
	{ "logical volume, half escaped", &volume, DEVICE_SPEC_NODE, "my--group/root", NULL,
	  false },
	{ "logical volume, beginning", &volume, DEVICE_SPEC_NODE, "my-group/roo", NULL, false },
	{ "logical volume, longer", &volume, DEVICE_SPEC_NODE, "my-group/root1", NULL, false },
	{ "mapping as if it were a node", &mapping, DEVICE_SPEC_NODE, "root", NULL, false },
	{ "by-id", &partition, DEVICE_SPEC_ID, "ata-A_1", NULL, true },
	{ "by-id, another", &partition, DEVICE_SPEC_ID, "wwn-0x1", NULL, true },
	{ "by-id, beginning", &partition, DEVICE_SPEC_ID, "wwn-0x", NULL, false },
	{ "by-id that is a path", &partition, DEVICE_SPEC_ID, "pci-0-ata-1", NULL, false },
	{ "by-id of a device without names", &empty, DEVICE_SPEC_ID, "ata-A_1", NULL, false },
	{ "by-path", &partition, DEVICE_SPEC_PATH, "pci-0-ata-1", NULL, true },
	{ "serial number", &partition, DEVICE_SPEC_SERIAL, "WX1234", NULL, true },
	{ "a part of the serial number", &partition, DEVICE_SPEC_SERIAL, "X12", NULL, true },
	{ "no part of the serial number", &partition, DEVICE_SPEC_SERIAL, "X2", NULL, false },
	{ "no device but a tag", &mapping, DEVICE_SPEC_VIRTIOFS, "root", NULL, false },
	{ "PARTLABEL", &partition, DEVICE_SPEC_PARTLABEL, "Linux root", NULL, true },
	{ "PARTLABEL in another case", &partition, DEVICE_SPEC_PARTLABEL, "linux root", NULL,
	  false },

	{ "several, no type", &ambivalent, DEVICE_SPEC_UUID, "aa-11", NULL, false },
	{ "several, its type", &ambivalent, DEVICE_SPEC_UUID, "aa-11", "ext4", true },
	{ "several, its type among others", &ambivalent, DEVICE_SPEC_UUID, "bb-22", "xfs,swap",
	  true },
	{ "several, another type", &ambivalent, DEVICE_SPEC_UUID, "aa-11", "swap", false },
	{ "several, no such type", &ambivalent, DEVICE_SPEC_UUID, "aa-11", "xfs", false },
	{ "several, a type that begins so", &ambivalent, DEVICE_SPEC_UUID, "aa-11", "ext", false },
	{ "several, a type that goes on", &ambivalent, DEVICE_SPEC_UUID, "aa-11", "ext4dev",
	  false },
	{ "several, two types that fit", &ambivalent, DEVICE_SPEC_UUID, "aa-11", "ext4,swap",
	  false },
	{ "several, two types that fit, by the other", &ambivalent, DEVICE_SPEC_UUID, "bb-22",
	  "ext4,swap", false },
	{ "several, empty types", &ambivalent, DEVICE_SPEC_UUID, "aa-11", ",,", false },
	{ "several, label", &ambivalent, DEVICE_SPEC_LABEL, "My Swap", "swap", true },
	{ "several, by node", &ambivalent, DEVICE_SPEC_NODE, "sda1", NULL, true },
	{ "several, by PARTUUID", &ambivalent, DEVICE_SPEC_PARTUUID, "ee-55", NULL, true },
};

static void matches(void **state)
{
	const struct match_row *row = *state;
	const struct device_spec spec = { .kind = row->kind, .value = (char *)row->value };

	assert_int_equal(match_device(row->device, &spec, row->types), row->expected);
}

static void test_number(void **state)
{
	const struct device_spec spec = { .kind = DEVICE_SPEC_NUMBER, .devnum = makedev(254, 2) };

	assert_false(match_device(&partition, &spec, NULL));
	partition.devnum = makedev(254, 2);
	assert_true(match_device(&partition, &spec, NULL));
}

/* PARTNROFF= means another partition of the same disk, which here is not there. */
static void test_partition_offset(void **state)
{
	static const struct blockdevs_ops ops = { 0 };
	struct device_spec spec = { .kind = DEVICE_SPEC_PARTUUID, .value = (char *)"dd-44" };

	assert_int_equal(blockdevs_new(NULL, "/sys", &ops, NULL, &partition.owner), 0);
	assert_true(match_device(&partition, &spec, NULL));
	spec.partition_offset = 1;
	assert_false(match_device(&partition, &spec, NULL));
	partition.owner = blockdevs_free(partition.owner);
}

static void test_superblock(void **state)
{
	assert_null(match_superblock(&empty, NULL));
	assert_null(match_superblock(&empty, "ext4"));
	assert_ptr_equal(match_superblock(&partition, NULL), &partition.superblocks[0]);
	assert_ptr_equal(match_superblock(&partition, "xfs"), &partition.superblocks[0]);
	assert_null(match_superblock(&ambivalent, NULL));
	assert_null(match_superblock(&ambivalent, ""));
	assert_null(match_superblock(&ambivalent, "ext4,swap"));
	assert_ptr_equal(match_superblock(&ambivalent, "swap"), &ambivalent.superblocks[1]);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, matches, rows);
	TEST(&list, test_number);
	TEST(&list, test_partition_offset);
	TEST(&list, test_superblock);
	return test_list_run(&list);
}
