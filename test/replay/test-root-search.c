/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device is the root, on machines that are put together here: disks and partitions with their
 * tags, in the order in which they are read, and what is built on what. The result must not depend
 * on that order, so each machine is read in both.
 */
#include "init/root-search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/discoverable-partitions.h"
#include "harness.h"
#include "init/layers.h"

#define HOME_TYPE "933ac7e1-2eb4-4f13-b844-0e14e2aef915"

#define DEVICES_MAX 6

struct device {
	const char *name, *devnum, *tags;
	const char *below; /* "dm-0": it is built on this one */
};

struct search_row {
	const char *name, *cmdline;
	const char *boot_partition; /* NULL: not to be asked for */
	struct device devices[DEVICES_MAX];
	const char *expected;
};

#define SDA                                      \
	{                                        \
		"sda", "8:0", "PTTYPE=gpt", NULL \
	}
#define SDB                                       \
	{                                         \
		"sdb", "8:16", "PTTYPE=gpt", NULL \
	}
#define ESP(name, devnum, disk, uuid)                                                    \
	{                                                                                \
		name, devnum, "TYPE=vfat|PARTUUID=" uuid "|PARTN=1|PARTDISK=" disk, NULL \
	}
#define GPT_ROOT(name, devnum, disk, number, more)                                           \
	{                                                                                    \
		name, devnum,                                                                \
			"TYPE=ext4|UUID=u|PARTUUID=" name "|PARTN=" number "|PARTDISK=" disk \
			"|PARTTYPE=" GPT_ROOT_TYPE more,                                     \
			NULL                                                                 \
	}

static const struct search_row rows[] = {
	{ "nothing there", "root=UUID=a", NULL, { SDA }, "nothing: UUID=a" },
	{ "one",
	  "root=UUID=a",
	  NULL,
	  { SDA, { "sda1", "8:1", "TYPE=ext4|UUID=a", NULL } },
	  "found sda1: UUID=a" },
	{ "two disks of one UUID",
	  "root=UUID=a",
	  NULL,
	  { { "sda", "8:0", "TYPE=ext4|UUID=a", NULL },
	    { "sdb", "8:16", "TYPE=ext4|UUID=A", NULL } },
	  "several: UUID=a, which several devices are: /dev/sda, /dev/sdb" },
	{ "two disks of one label, and one of another",
	  "root=LABEL=root",
	  NULL,
	  { { "sda", "8:0", "TYPE=ext4|UUID=a|LABEL=root", NULL },
	    { "sdb", "8:16", "TYPE=xfs|UUID=b|LABEL=root", NULL },
	    { "sdc", "8:32", "TYPE=xfs|UUID=b|LABEL=Root", NULL } },
	  "several: LABEL=root, which several devices are: /dev/sda, /dev/sdb" },
	{ "a mapping on a disk",
	  "root=UUID=a",
	  NULL,
	  { { "sda", "8:0", "TYPE=ext4|UUID=a", "dm-0" },
	    { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL } },
	  "found dm-0: UUID=a" },
	{ "multipath: a mapping on two disks",
	  "root=UUID=a",
	  NULL,
	  { { "sda", "8:0", "TYPE=ext4|UUID=a", "dm-0" },
	    { "sdb", "8:16", "TYPE=ext4|UUID=a", "dm-0" },
	    { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL } },
	  "found dm-0: UUID=a" },
	{ "a mapping on one of two disks",
	  "root=UUID=a",
	  NULL,
	  { { "sda", "8:0", "TYPE=ext4|UUID=a", "dm-0" },
	    { "sdb", "8:16", "TYPE=ext4|UUID=a", NULL },
	    { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL } },
	  "several: UUID=a, which several devices are: /dev/sdb, /dev/dm-0" },
	{ "a mapping on an array on a partition",
	  "root=UUID=a",
	  NULL,
	  { { "sda1", "8:1", "TYPE=ext4|UUID=a", "md0" },
	    { "md0", "9:0", "TYPE=linux_raid_member|UUID=b", "dm-0" },
	    { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL } },
	  "found dm-0: UUID=a" },
	{ "a partition that begins where its disk does",
	  "root=LABEL=LIVE",
	  NULL,
	  { { "sda", "8:0", "TYPE=iso9660|UUID=1|LABEL=LIVE|PTTYPE=dos", NULL },
	    { "sda1", "8:1", "TYPE=iso9660|UUID=1|LABEL=LIVE", NULL } },
	  "found sda1: LABEL=LIVE" },
	{ "counted from another partition",
	  "root=PARTUUID=P1/PARTNROFF=1",
	  NULL,
	  { { "sda1", "8:1", "PARTUUID=p1|PARTN=1|PARTDISK=8:0", NULL },
	    { "sda2", "8:2", "TYPE=ext4|PARTUUID=p2|PARTN=2|PARTDISK=8:0", NULL },
	    { "sdb2", "8:18", "TYPE=ext4|PARTUUID=q2|PARTN=2|PARTDISK=8:16", NULL } },
	  "found sda2: PARTUUID=P1/PARTNROFF=1" },
	{ "counted backwards",
	  "root=PARTUUID=p2/PARTNROFF=-1",
	  NULL,
	  { { "sda1", "8:1", "TYPE=ext4|PARTUUID=p1|PARTN=1|PARTDISK=8:0", NULL },
	    { "sda2", "8:2", "PARTUUID=p2|PARTN=2|PARTDISK=8:0", NULL } },
	  "found sda1: PARTUUID=p2/PARTNROFF=-1" },
	{ "PARTUUID of an MBR",
	  "root=PARTUUID=1234abcd-02",
	  NULL,
	  { { "sda1", "8:1", "PARTUUID=1234abcd-01", NULL },
	    { "sda2", "8:2", "TYPE=ext4|PARTUUID=1234abcd-02", NULL } },
	  "found sda2: PARTUUID=1234abcd-02" },
	{ "by number",
	  "root=0x812",
	  NULL,
	  { { "sdb2", "8:18", "TYPE=ext4", NULL } },
	  "found sdb2: 0x812" },
	{ "by-id",
	  "root=/dev/disk/by-id/wwn-0x1-part1",
	  NULL,
	  { { "sda", "8:0", "BYID=wwn-0x1", NULL },
	    { "sda1", "8:1", "TYPE=ext4|BYID=ata-x-part1|BYID=wwn-0x1-part1", NULL } },
	  "found sda1: /dev/disk/by-id/wwn-0x1-part1" },
	{ "a root that nobody understands", "root=zfs:pool", NULL, { SDA }, "no goal" },
	{ "the boot disk is preferred if that is said",
	  "root=UUID=u rd.root.duplicates=boot-disk",
	  "ESP-B",
	  { ESP("sda1", "8:1", "8:0", "esp-a"), GPT_ROOT("sda2", "8:2", "8:0", "2", ""), SDB,
	    ESP("sdb1", "8:17", "8:16", "esp-b"), GPT_ROOT("sdb2", "8:18", "8:16", "2", "") },
	  "found sdb2: UUID=u" },
	{ "the boot disk is not known",
	  "root=UUID=u rd.root.duplicates=boot-disk",
	  "",
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", ""), GPT_ROOT("sdb2", "8:18", "8:16", "2", "") },
	  "several: UUID=u, which several devices are: /dev/sda2, /dev/sdb2" },
	{ "the root is on neither's boot disk",
	  "root=UUID=u rd.root.duplicates=boot-disk",
	  "esp-c",
	  { { "sdc", "8:32", "PTTYPE=gpt", NULL },
	    ESP("sdc1", "8:33", "8:32", "esp-c"),
	    GPT_ROOT("sda2", "8:2", "8:0", "2", ""),
	    GPT_ROOT("sdb2", "8:18", "8:16", "2", "") },
	  "several: UUID=u, which several devices are: /dev/sda2, /dev/sdb2" },
};

static const struct search_row gpt_rows[] = {
	{ "the only one",
	  "",
	  "",
	  { SDA, ESP("sda1", "8:1", "8:0", "esp-a"), GPT_ROOT("sda2", "8:2", "8:0", "2", "") },
	  "found sda2: that no root= names, a partition of the type " GPT_ROOT_TYPE },
	{ "said so",
	  "root=gpt-auto",
	  "",
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", "") },
	  "found sda2: gpt-auto, a partition of the type " GPT_ROOT_TYPE },
	{ "of another type",
	  "root=gpt-auto",
	  "",
	  { { "sda2", "8:2", "TYPE=ext4|PARTTYPE=" HOME_TYPE, NULL },
	    { "sdb2", "8:18", "TYPE=ext4|PARTTYPE=0x83", NULL } },
	  "nothing: gpt-auto, a partition of the type " GPT_ROOT_TYPE },
	{ "on two disks",
	  "root=gpt-auto",
	  "",
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", ""), GPT_ROOT("sdb2", "8:18", "8:16", "2", "") },
	  "several: gpt-auto, a partition of the type " GPT_ROOT_TYPE
	  ", which several devices are: /dev/sda2, /dev/sdb2" },
	{ "twice on one disk",
	  "root=gpt-auto",
	  "esp-a",
	  { ESP("sda1", "8:1", "8:0", "esp-a"), GPT_ROOT("sda2", "8:2", "8:0", "2", ""),
	    GPT_ROOT("sda3", "8:3", "8:0", "3", "") },
	  "several: gpt-auto, a partition of the type " GPT_ROOT_TYPE
	  " on the disk of PARTUUID=esp-a, which was booted from, which several devices are: "
	  "/dev/sda2, /dev/sda3" },
	{ "on the disk that was booted from",
	  "root=gpt-auto",
	  "ESP-B",
	  { ESP("sda1", "8:1", "8:0", "esp-a"), GPT_ROOT("sda2", "8:2", "8:0", "2", ""),
	    ESP("sdb1", "8:17", "8:16", "esp-b"), GPT_ROOT("sdb2", "8:18", "8:16", "2", "") },
	  "found sdb2: gpt-auto, a partition of the type " GPT_ROOT_TYPE
	  " on the disk of PARTUUID=ESP-B, which was booted from" },
	{ "the disk that was booted from is not there",
	  "root=gpt-auto",
	  "esp-b",
	  { ESP("sda1", "8:1", "8:0", "esp-a"), GPT_ROOT("sda2", "8:2", "8:0", "2", "") },
	  "nothing: gpt-auto, a partition of the type " GPT_ROOT_TYPE
	  " on the disk of PARTUUID=esp-b, which was booted from" },
	{ "it is not yet known what was booted from",
	  "root=gpt-auto",
	  NULL,
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", "") },
	  "nothing: gpt-auto, a partition of the type " GPT_ROOT_TYPE },
	{ "not by itself: bit 63",
	  "root=gpt-auto",
	  "",
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", "|PARTFLAGS=0x8000000000000000"),
	    GPT_ROOT("sdb2", "8:18", "8:16", "2", "|PARTFLAGS=0x1") },
	  "found sdb2: gpt-auto, a partition of the type " GPT_ROOT_TYPE },
	{ "read-only: bit 60, and growfs: bit 59",
	  "root=gpt-auto",
	  "",
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", "|PARTFLAGS=0x1800000000000000") },
	  "found sda2, read-only: gpt-auto, a partition of the type " GPT_ROOT_TYPE },
	{ "growfs alone",
	  "root=gpt-auto",
	  "",
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", "|PARTFLAGS=0x800000000000000") },
	  "found sda2: gpt-auto, a partition of the type " GPT_ROOT_TYPE },
	{ "flags of a root that is named do not count",
	  "root=UUID=u",
	  NULL,
	  { GPT_ROOT("sda2", "8:2", "8:0", "2", "|PARTFLAGS=0x9000000000000000") },
	  "found sda2: UUID=u" },
};

/* --- a machine, and what is found on it --- */

static struct boot_config config;
static struct root_search *search;

static void plug(const struct device *device)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/block/%s/dev", device->name);
	sysfs_set(path, device->devnum);
	(void)snprintf(path, sizeof(path), "class/block/%s/size", device->name);
	sysfs_set(path, "1000");
	if (device->below) {
		(void)snprintf(path, sizeof(path), "class/block/%s/holders/%s/dev", device->name,
			       device->below);
		sysfs_set(path, "253:0");
	}
	if (str_after_prefix(device->name, "sd") && strlen(device->name) > strlen("sda")) {
		(void)snprintf(path, sizeof(path), "class/block/%.3s/%s/partition", device->name,
			       device->name);
		sysfs_set(path, device->name + strlen("sda"));
	}
	disk_set(device->name, device->tags);
}

static void set_up_search(const char *cmdline, const char *boot_partition)
{
	assert_int_equal(cmdline_parse(cmdline, &config), 0);
	assert_int_equal(root_search_new(machine.devices, machine_sysfs(), &config, &search), 0);
	if (boot_partition) {
		assert_true(root_search_wants_boot_partition(search));
		root_search_set_boot_partition(search, boot_partition);
	}
}

static int tear_down(void **state)
{
	search = root_search_free(search);
	boot_config_done(&config);
	return machine_tear_down(state);
}

static void read_device(const char *name)
{
	send_block_uevent("add", name);
	probe_answer_all();
}

static void assert_result(const char *expected)
{
	static const char *const results[] = { "nothing", "found ", "several" };
	_cleanup_strbuf_ struct strbuf text = { 0 };
	enum root_search_result result = root_search_run(search);
	const struct blockdev *device = root_search_get_device(search);

	assert_int_equal(device != NULL, result == ROOT_SEARCH_FOUND);
	if (!root_search_has_goal(search)) {
		assert_int_equal(result, ROOT_SEARCH_NOTHING);
		assert_string_equal("no goal", expected);
		return;
	}
	strbuf_printf(&text, "%s%s%s: ", results[result], device ? device->sysname : "",
		      device && root_search_is_read_only(search) ? ", read-only" : "");
	root_search_describe(search, &text);
	assert_string_equal(strbuf_string(&text), expected);
}

static size_t plug_all(const struct search_row *row)
{
	size_t n = 0;

	while (n < DEVICES_MAX && row->devices[n].name)
		plug(&row->devices[n++]);
	return n;
}

static void finds(void **state)
{
	const struct search_row *row = *state;
	size_t n;

	(void)machine_set_up(NULL);
	set_up_search(row->cmdline, row->boot_partition);
	n = plug_all(row);
	for (size_t i = 0; i < n; i++)
		read_device(row->devices[i].name);
	assert_result(row->expected);
	(void)tear_down(NULL);
}

/* Whatever is read last, the same is the root; only the list may have another order. */
static void finds_in_reverse(void **state)
{
	const struct search_row *row = *state;
	size_t n, prefix = strcspn(row->expected, ":");
	_cleanup_free_ char *expected = strndup(row->expected, prefix);
	enum root_search_result result;
	const struct blockdev *device;

	(void)machine_set_up(NULL);
	set_up_search(row->cmdline, row->boot_partition);
	for (n = plug_all(row); n > 0; n--)
		read_device(row->devices[n - 1].name);
	result = root_search_run(search);
	device = root_search_get_device(search);
	assert_int_equal(result == ROOT_SEARCH_SEVERAL, str_equal(expected, "several"));
	assert_int_equal(device != NULL, str_after_prefix(expected, "found ") != NULL);
	if (device)
		assert_memory_equal(expected + strlen("found "), device->sysname,
				    strlen(device->sysname));
	(void)tear_down(NULL);
}

/* --- in time --- */

static const struct device sda = { "sda", "8:0", "TYPE=ext4|UUID=a", NULL };
static const struct device sdb = { "sdb", "8:16", "TYPE=ext4|UUID=a", NULL };

/* Each change of what is there is seen at the next look. */
static void test_second_comes_and_goes(void **state)
{
	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("found sda: UUID=a");
	plug(&sdb);
	read_device("sdb");
	assert_result("several: UUID=a, which several devices are: /dev/sda, /dev/sdb");
	sysfs_set("class/block/sda", NULL);
	send_block_uevent("remove", "sda");
	assert_result("found sdb: UUID=a");
}

/* It is gone before anybody looks again. */
static void test_found_one_is_removed(void **state)
{
	const struct blockdev *device;

	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("found sda: UUID=a");
	device = root_search_get_device(search);
	root_search_device_removed(search, device);
	assert_null(root_search_get_device(search));
	assert_false(root_search_is_twin(search, device));
}

static struct blockdev *found_device;

static void find_device(void *userdata, struct blockdev *device)
{
	if (str_equal(device->sysname, userdata))
		found_device = device;
}

static bool is_twin(const char *name)
{
	blockdevs_for_each(machine.devices, find_device, (void *)name);
	return root_search_is_twin(search, found_device);
}

/* What is read after the root was mounted. */
static void test_late_twins(void **state)
{
	static const struct device below = { "sdc", "8:32", "TYPE=ext4|UUID=a", "sda" };
	static const struct device other = { "sdd", "8:48", "TYPE=ext4|UUID=b", NULL };

	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("found sda: UUID=a");
	plug(&sdb);
	plug(&below);
	plug(&other);
	read_device("sdb");
	read_device("sdc");
	read_device("sdd");
	assert_false(is_twin("sda"));
	assert_true(is_twin("sdb"));
	assert_false(is_twin("sdc"));
	assert_false(is_twin("sdd"));
}

/* A root that is not yet unlocked is the volume, and then what is in it. */
static void test_volume(void **state)
{
	static const struct device volume = { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l", "dm-0" };
	static const struct device mapping = { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL };

	set_up_search("root=UUID=l", NULL);
	plug(&volume);
	read_device("sda");
	assert_result("found sda: UUID=l");
	assert_int_equal(root_search_set_mapping(search, "root"), 0);
	plug(&mapping);
	sysfs_set("class/block/dm-0/dm/name", "root");
	sysfs_set("class/block/dm-0/dm/suspended", "0");
	read_device("dm-0");
	assert_result("found dm-0: UUID=l");
}

static void test_fall_back(void **state)
{
	set_up_search("root=UUID=x rootfallback=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("nothing: UUID=x");
	assert_true(root_search_fall_back(search));
	assert_result("found sda: UUID=a");
	assert_false(root_search_fall_back(search));
}

static void test_no_fallback(void **state)
{
	set_up_search("root=UUID=x", NULL);
	assert_false(root_search_fall_back(search));
}

static void expect_tag(const char *cmdline, const char *expected_type, const char *expected_tag)
{
	const char *type, *tag;

	set_up_search(cmdline, NULL);
	assert_int_equal(root_search_is_tagged(search, &type, &tag), expected_type != NULL);
	if (expected_type) {
		assert_string_equal(type, expected_type);
		assert_string_equal(tag, expected_tag);
	}
	search = root_search_free(search);
	boot_config_done(&config);
}

static void test_without_device(void **state)
{
	expect_tag("root=virtiofs:myroot", "virtiofs", "myroot");
	expect_tag("root=myroot rootfstype=virtiofs", "virtiofs", "myroot");
	expect_tag("root=/dev/root rootfstype=9p", "9p", "/dev/root");
	expect_tag("root=/dev/sda", NULL, NULL);
	expect_tag("", NULL, NULL);
}

/* Names that the kernel gives once need not wait for other devices. */
static void test_who_can_have_twins(void **state)
{
	static const struct {
		const char *cmdline;
		bool expected;
	} twins[] = {
		{ "root=/dev/sda1", false },
		{ "root=/dev/mapper/x", false },
		{ "root=8:1", false },
		{ "root=virtiofs:x", false },
		{ "root=UUID=x", true },
		{ "root=LABEL=x", true },
		{ "root=PARTLABEL=x", true },
		{ "root=PARTUUID=x", true },
		{ "root=/dev/disk/by-id/x", true },
		{ "root=gpt-auto", true },
		{ "", true },
	};

	for (size_t i = 0; i < ARRAY_SIZE(twins); i++) {
		set_up_search(twins[i].cmdline, NULL);
		assert_int_equal(root_search_can_have_twins(search), twins[i].expected);
		search = root_search_free(search);
		boot_config_done(&config);
	}
}

/* A chain that bites its tail ends all the same. */
static void test_layers(void **state)
{
	static const struct device circle[] = {
		{ "dm-0", "253:0", "", "dm-1" },
		{ "dm-1", "253:1", "", "dm-0" },
		{ "sda1", "8:1", "", "dm-0" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(circle); i++)
		plug(&circle[i]);
	assert_true(layers_is_built_on(machine_sysfs(), "sda1", "sda"));
	assert_true(layers_is_built_on(machine_sysfs(), "dm-1", "sda"));
	assert_false(layers_is_built_on(machine_sysfs(), "sda", "sda1"));
	assert_false(layers_is_built_on(machine_sysfs(), "sdb", "sda"));
	assert_false(layers_is_built_on(machine_sysfs(), "sda", "sdb"));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_second_comes_and_goes);
	TEST(&list, test_found_one_is_removed);
	TEST(&list, test_late_twins);
	TEST(&list, test_volume);
	TEST(&list, test_fall_back);
	TEST(&list, test_no_fallback);
	TEST(&list, test_without_device);
	TEST(&list, test_who_can_have_twins);
	TEST(&list, test_layers);
	test_list_set_fixtures(&list, machine_set_up, tear_down);
	/* These make a machine for each row. */
	TEST_ROWS(&list, finds, rows);
	TEST_ROWS(&list, finds_in_reverse, rows);
	TEST_ROWS(&list, finds, gpt_rows);
	TEST_ROWS(&list, finds_in_reverse, gpt_rows);
	return test_list_run(&list);
}
