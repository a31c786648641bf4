/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device is meant, on machines that are put together here: disks and partitions with their
 * tags, in the order in which they are read, and what is built on what. The result must not depend
 * on that order, so each machine is read in both.
 */
#include "init/device-search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/discoverable-partitions.h"
#include "fake-context.h"
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
	const char *boot_partition; /* NULL: the firmware has not answered yet */
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
	{ "two file systems in one",
	  "root=/dev/sda",
	  NULL,
	  { { "sda", "8:0", "TYPE=vfat|UUID=v|TYPE=ext4|UUID=a", NULL } },
	  "ambivalent sda: /dev/sda" },
	{ "two file systems in one, and a type",
	  "root=/dev/sda rootfstype=xfs,ext4",
	  NULL,
	  { { "sda", "8:0", "TYPE=vfat|UUID=v|TYPE=ext4|UUID=a", NULL } },
	  "found sda: /dev/sda" },
	{ "a volume and what is in it, of one label",
	  "root=LABEL=x",
	  NULL,
	  { { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l|LABEL=x", "dm-0" },
	    { "dm-0", "253:0", "TYPE=ext4|UUID=a|LABEL=x", NULL } },
	  "found dm-0: LABEL=x" },
	{ "a volume whose content has not come, of that label",
	  "root=LABEL=x",
	  NULL,
	  { { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l|LABEL=x", NULL } },
	  "locked sda: LABEL=x" },
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

static const struct device_spec gpt_auto = { .kind = DEVICE_SPEC_GPT_AUTO };
static struct device_search *search;

static void on_probed(void *userdata, struct blockdev *device)
{
	if (search)
		device_search_device_probed(search);
}

static void on_removed(void *userdata, struct blockdev *device)
{
	device_search_device_removed(search, device);
}

static const struct blockdevs_ops ops = { .on_probed = on_probed, .on_removed = on_removed };

static void plug(const struct device *device)
{
	char path[128];

	if (str_after_prefix(device->name, "sd") && strlen(device->name) > strlen("sda")) {
		(void)snprintf(path, sizeof(path), "class/block/%.3s/%s/partition", device->name,
			       device->name);
		sysfs_set(path, device->name + strlen("sda"));
	}
	disk_add(device->name, device->devnum, device->tags, device->below);
}

static void set_up_search(const char *cmdline, const char *boot_partition)
{
	static const struct device_search_params params = {
		.title = "the root device",
		.type_source = "rootfstype=",
		.volume_name = "root",
	};

	machine_watch(&ops);
	fake_context_begin(cmdline);
	fake_boot_partition = boot_partition;
	assert_int_equal(device_search_new(&fake_context, &params, &search), 0);
	device_search_begin(search, fake_config.root_is_given ? &fake_config.root : &gpt_auto,
			    fake_config.rootfstype);
}

static int tear_down(void **state)
{
	search = device_search_free(search);
	fake_context_end();
	return machine_tear_down(state);
}

static void read_device(const char *name)
{
	send_block_uevent("add", name);
	probe_answer_all();
}

static void unplug(const char *name)
{
	_cleanup_free_ char *path = str_format("class/block/%s", name);

	sysfs_set(path, NULL);
	send_block_uevent("remove", name);
}

static void append_result(struct strbuf *buf)
{
	static const char *const results[] = { "nothing", "found ", "locked ", "ambivalent ",
					       "several" };
	enum device_search_result result = device_search_run(search);
	const struct blockdev *device = device_search_get_device(search);

	strbuf_printf(buf, "%s%s%s: ", results[result], device ? device->sysname : "",
		      device && device_search_is_read_only(search) ? ", read-only" : "");
}

static void assert_result(const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	append_result(&text);
	device_search_describe(search, &text);
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

/* Whatever is read last, the same is meant; only the list may have another order. */
static void finds_in_reverse(void **state)
{
	const struct search_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	(void)machine_set_up(NULL);
	set_up_search(row->cmdline, row->boot_partition);
	for (size_t n = plug_all(row); n > 0; n--)
		read_device(row->devices[n - 1].name);
	append_result(&text);
	assert_memory_equal(row->expected, strbuf_string(&text), text.size);
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
	unplug("sda");
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
	device = device_search_get_device(search);
	device_search_device_removed(search, device);
	assert_null(device_search_get_device(search));
	assert_true(device_search_is_due(search));
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
	return device_search_is_twin(search, found_device);
}

/* What is read when it is too late. */
static void test_late_twins(void **state)
{
	static const struct device below = { "sdc", "8:32", "TYPE=ext4|UUID=a", "sda" };
	static const struct device other = { "sdd", "8:48", "TYPE=ext4|UUID=b", NULL };

	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_false(is_twin("sda"));
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

/* What is not yet unlocked is the volume, and then what is in it. */
static void test_volume(void **state)
{
	static const struct device volume = { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l", "dm-0" };
	static const struct device mapping = { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL };

	set_up_search("root=UUID=l", NULL);
	plug(&volume);
	read_device("sda");
	assert_result("locked sda: UUID=l");
	send_block_uevent("change", "sda");
	probe_answer_all();
	assert_result("locked sda: UUID=l");
	assert_actions("probe /dev/sda\nvolume l on /dev/sda as root\nprobe /dev/sda\n");
	assert_false(device_search_is_hopeless(search));
	fake_closed_volume = "root";
	assert_true(device_search_is_hopeless(search));
	plug(&mapping);
	sysfs_set("class/block/dm-0/dm/name", "root");
	sysfs_set("class/block/dm-0/dm/suspended", "0");
	read_device("dm-0");
	assert_result("found dm-0: UUID=l");
}

/* Nothing comes any more that would remind of it. */
static void test_volume_that_is_open_already(void **state)
{
	static const struct device volume = { "sda", "8:0", "TYPE=crypto_LUKS|UUID=named", "dm-0" };
	static const struct device mapping = { "dm-0", "253:0", "TYPE=ext4|UUID=a", NULL };

	set_up_search("root=UUID=named", NULL);
	plug(&volume);
	plug(&mapping);
	sysfs_set("class/block/dm-0/dm/name", "cryptroot");
	sysfs_set("class/block/dm-0/dm/suspended", "0");
	read_device("sda");
	read_device("dm-0");
	assert_result("found dm-0: UUID=named");
}

static void test_volumes_are_switched_off(void **state)
{
	static const struct device volume = { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l", NULL };

	set_up_search("root=UUID=l rd.luks=0", NULL);
	plug(&volume);
	read_device("sda");
	assert_result("locked sda: UUID=l");
	assert_actions("probe /dev/sda\n");
}

/* What was found is there as long as nobody says that it is something else. */
static void test_found_one_is_read_again(void **state)
{
	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("found sda: UUID=a");
	send_block_uevent("change", "sda");
	device_search_device_probed(search);
	assert_result("found sda: UUID=a");
	disk_set("sda", "TYPE=ext4|UUID=b");
	probe_answer_all();
	assert_result("nothing: UUID=a");
}

/* Nothing is used before the devices are read that are there; but that has an end. */
static void test_twins_are_awaited(void **state)
{
	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("found sda: UUID=a");
	assert_true(device_search_awaits_twins(search, true));
	assert_false(device_search_awaits_twins(search, false));
	assert_false(fake_context_timer_runs());
	/* What comes after that comes too late. */
	assert_false(device_search_awaits_twins(search, true));
	unplug("sda");
	plug(&sdb);
	read_device("sdb");
	assert_result("found sdb: UUID=a");
	assert_true(device_search_awaits_twins(search, true));
	fake_context_timers_run_out();
	assert_false(device_search_awaits_twins(search, true));
}

static void test_no_twins_of_a_node(void **state)
{
	set_up_search("root=/dev/sda", NULL);
	plug(&sda);
	read_device("sda");
	assert_result("found sda: /dev/sda");
	assert_false(device_search_awaits_twins(search, true));
}

/* A doubt is told once. */
static void test_doubt(void **state)
{
	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	plug(&sdb);
	read_device("sda");
	read_device("sdb");
	strbuf_done(&machine.actions);
	assert_int_equal(device_search_run(search), DEVICE_SEARCH_SEVERAL);
	device_search_tell_doubt(search);
	device_search_device_probed(search);
	assert_int_equal(device_search_run(search), DEVICE_SEARCH_SEVERAL);
	device_search_tell_doubt(search);
	assert_true(device_search_is_in_doubt(search));
	assert_actions("say the root device is to be UUID=a, which several devices are: /dev/sda, "
		       "/dev/sdb: taking none of them, waiting until only one is left\n");
	unplug("sdb");
	assert_result("found sda: UUID=a");
	assert_false(device_search_is_in_doubt(search));
}

/* They are read only where somebody wants to know them, and then of what is there already, too. */
static void test_names_of_udev(void **state)
{
	static char value[] = "ata-x", text[] = "/dev/disk/by-id/ata-x";
	static const struct device_spec by_id = { .kind = DEVICE_SPEC_ID,
						  .value = value,
						  .text = text };

	set_up_search("root=UUID=a", NULL);
	plug(&sda);
	read_device("sda");
	disk_set("sda", "TYPE=ext4|UUID=a|BYID=ata-x");
	device_search_begin(search, &by_id, NULL);
	assert_result("nothing: /dev/disk/by-id/ata-x");
	probe_answer_all();
	assert_result("found sda: /dev/disk/by-id/ata-x");
	assert_actions("probe /dev/sda\nprobe /dev/sda\n");
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
	TEST(&list, test_volume_that_is_open_already);
	TEST(&list, test_volumes_are_switched_off);
	TEST(&list, test_found_one_is_read_again);
	TEST(&list, test_twins_are_awaited);
	TEST(&list, test_no_twins_of_a_node);
	TEST(&list, test_doubt);
	TEST(&list, test_names_of_udev);
	TEST(&list, test_layers);
	test_list_set_fixtures(&list, machine_set_up, tear_down);
	/* These make a machine for each row. */
	TEST_ROWS(&list, finds, rows);
	TEST_ROWS(&list, finds_in_reverse, rows);
	TEST_ROWS(&list, finds, gpt_rows);
	TEST_ROWS(&list, finds_in_reverse, gpt_rows);
	return test_list_run(&list);
}
