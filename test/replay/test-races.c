/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that come twice, late, or while a device is being read. First one by one; then a machine
 * whose devices come and go is replayed in hundreds of orders, and in the end the registry must
 * know what sysfs and the disks say, whatever happened on the way.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strmap.h"
#include "harness.h"

#define N_ORDERS 200

/* --- one by one --- */

/* A disk as sysfs shows it; @size_sectors "0" is one without a medium. */
static void plug(const char *name, const char *size_sectors, const char *diskseq)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/block/%s/dev", name);
	sysfs_set(path, "8:0");
	(void)snprintf(path, sizeof(path), "class/block/%s/size", name);
	sysfs_set(path, size_sectors);
	(void)snprintf(path, sizeof(path), "class/block/%s/diskseq", name);
	sysfs_set(path, diskseq);
}

static void unplug(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/block/%s", name);
	sysfs_set(path, NULL);
}

static void test_seen_by_walk_and_by_event(void **state)
{
	plug("sda", "1000", "1");
	disk_set("sda", "TYPE=ext4|UUID=1");
	blockdevs_add(machine.devices, "sda");
	send_block_uevent("add", "sda");
	probe_answer_all();
	send_block_uevent("add", "sda");
	blockdevs_add(machine.devices, "sda");
	assert_actions("probe /dev/sda\n"
		       "announce /dev/sda: TYPE=\"ext4\" UUID=\"1\"\n");
	assert_true(blockdevs_is_idle(machine.devices));
}

/* The kernel shows a disk in sysfs a moment before it can be opened, and then says "add". */
static void test_walk_comes_too_early(void **state)
{
	plug("sda", "1000", "1");
	disk_set("sda", "!6"); /* ENXIO */
	blockdevs_add(machine.devices, "sda");
	probe_answer_all();
	disk_set("sda", "TYPE=ext4");
	send_block_uevent("add", "sda");
	probe_answer_all();
	assert_actions("probe /dev/sda\nprobe /dev/sda\nannounce /dev/sda: TYPE=\"ext4\"\n");
}

static void test_gone_before_we_looked(void **state)
{
	send_block_uevent("add", "sda");
	send_block_uevent("change", "sda");
	send_block_uevent("remove", "sda");
	assert_actions("");
}

static void test_other_actions_and_subsystems(void **state)
{
	plug("sda", "1000", "1");
	send_block_uevent("bind", "sda");
	send_block_uevent("move", "sda");
	send_uevent("add", "/devices/virtual/bdi/sda", "SUBSYSTEM=bdi\n");
	send_uevent("add", "/devices/a/block/sda", "");
	assert_actions("");
}

static void test_removed_while_probed(void **state)
{
	plug("sda", "1000", "1");
	send_block_uevent("add", "sda");
	assert_false(blockdevs_is_idle(machine.devices));
	unplug("sda");
	send_block_uevent("remove", "sda");
	assert_true(blockdevs_is_idle(machine.devices));
	assert_actions("probe /dev/sda\ncancel /dev/sda\n");
}

static void test_replaced_while_probed(void **state)
{
	plug("sda", "1000", "1");
	disk_set("sda", "TYPE=ext4");
	send_block_uevent("add", "sda");
	/* Of a new disk with the same name, the first that is heard is a walk. */
	plug("sda", "2000", "2");
	disk_set("sda", "TYPE=xfs");
	blockdevs_add(machine.devices, "sda");
	probe_answer_all();
	assert_actions("probe /dev/sda\ncancel /dev/sda\nprobe /dev/sda\n"
		       "announce /dev/sda: TYPE=\"xfs\"\n");
}

static void test_replaced_after_probe(void **state)
{
	plug("sda", "1000", "1");
	send_block_uevent("add", "sda");
	probe_answer_all();
	plug("sda", "1000", "2");
	send_block_uevent("change", "sda");
	probe_answer_all();
	assert_actions("probe /dev/sda\nannounce /dev/sda: nothing known on it\n"
		       "remove /dev/sda\n"
		       "probe /dev/sda\nannounce /dev/sda: nothing known on it\n");
}

/* What was read may be old; however often it changed, it is read once more. */
static void test_changed_while_probed(void **state)
{
	plug("sda", "1000", "1");
	disk_set("sda", "TYPE=ext4");
	send_block_uevent("add", "sda");
	disk_set("sda", "TYPE=xfs");
	send_block_uevent("change", "sda");
	send_block_uevent("change", "sda");
	send_block_uevent("change", "sda");
	probe_answer(list_first(&machine.probes, struct pool_job, link), true);
	assert_false(blockdevs_is_idle(machine.devices));
	probe_answer_all();
	assert_true(blockdevs_is_idle(machine.devices));
	assert_actions("probe /dev/sda\nprobe /dev/sda\nannounce /dev/sda: TYPE=\"xfs\"\n");
}

/* What only repeats itself is not worth to be waited for. */
static void test_changes_without_pause(void **state)
{
	plug("sda", "1000", "1");
	send_block_uevent("add", "sda");
	assert_true(blockdevs_have_news(machine.devices));
	for (int i = 0; i < 3; i++) {
		send_block_uevent("change", "sda");
		probe_answer(list_first(&machine.probes, struct pool_job, link), false);
		assert_false(blockdevs_is_idle(machine.devices));
		assert_false(blockdevs_have_news(machine.devices));
	}
	plug("sdb", "1000", "2");
	send_block_uevent("add", "sdb");
	assert_true(blockdevs_have_news(machine.devices));
	probe_answer_all();
	assert_false(blockdevs_have_news(machine.devices));
}

static void test_comes_and_goes_without_pause(void **state)
{
	for (int i = 0; i < 3; i++) {
		plug("sda", "1000", i % 2 ? "1" : "2");
		send_block_uevent("add", "sda");
		assert_int_equal(blockdevs_have_news(machine.devices), i == 0);
		unplug("sda");
		send_block_uevent("remove", "sda");
		assert_false(blockdevs_have_news(machine.devices));
	}
}

static void test_changed_after_probe(void **state)
{
	plug("sda", "1000", "1");
	disk_set("sda", "TYPE=ext4");
	send_block_uevent("add", "sda");
	probe_answer_all();
	disk_set("sda", "TYPE=xfs");
	send_block_uevent("change", "sda");
	probe_answer_all();
	assert_actions("probe /dev/sda\nannounce /dev/sda: TYPE=\"ext4\"\n"
		       "probe /dev/sda\nannounce /dev/sda: TYPE=\"xfs\"\n");
}

static void test_medium_comes_and_goes(void **state)
{
	plug("sr0", "0", "1");
	send_block_uevent("add", "sr0");
	assert_actions("");
	plug("sr0", "1000", "1");
	disk_set("sr0", "TYPE=iso9660|LABEL=live");
	send_block_uevent("change", "sr0");
	probe_answer_all();
	assert_actions("probe /dev/sr0\nannounce /dev/sr0: TYPE=\"iso9660\" LABEL=\"live\"\n");
	plug("sr0", "0", "1");
	send_block_uevent("change", "sr0");
	assert_actions("remove /dev/sr0\n");
}

/* The old content must not be announced when its reader comes back with it. */
static void test_medium_gone_while_probed(void **state)
{
	plug("sr0", "1000", "1");
	disk_set("sr0", "TYPE=iso9660");
	send_block_uevent("add", "sr0");
	plug("sr0", "0", "1");
	send_block_uevent("change", "sr0");
	probe_answer_all();
	assert_true(blockdevs_is_idle(machine.devices));
	assert_actions("probe /dev/sr0\ncancel /dev/sr0\n");
}

static void test_unreadable(void **state)
{
	plug("sr0", "1000", "1");
	disk_set("sr0", "!123");
	send_block_uevent("add", "sr0");
	probe_answer_all();
	assert_true(blockdevs_is_idle(machine.devices));
	disk_set("sr0", "TYPE=udf");
	send_block_uevent("change", "sr0");
	probe_answer_all();
	disk_set("sr0", "!5");
	send_block_uevent("change", "sr0");
	probe_answer_all();
	assert_actions("probe /dev/sr0\nprobe /dev/sr0\nannounce /dev/sr0: TYPE=\"udf\"\n"
		       "probe /dev/sr0\nremove /dev/sr0\n");
}

static void test_no_memory_for_a_probe(void **state)
{
	plug("sda", "1000", "1");
	machine.submit_error = -ENOMEM;
	send_block_uevent("add", "sda");
	assert_true(blockdevs_is_idle(machine.devices));
	machine.submit_error = 0;
	send_block_uevent("change", "sda");
	probe_answer_all();
	assert_actions("probe /dev/sda\nannounce /dev/sda: nothing known on it\n");
}

static void set_mapping(const char *size_sectors, const char *suspended)
{
	sysfs_set("class/block/dm-0/dev", "253:0");
	sysfs_set("class/block/dm-0/size", size_sectors);
	sysfs_set("class/block/dm-0/dm/name", "luks-1");
	sysfs_set("class/block/dm-0/dm/uuid", "CRYPT-LUKS2-1");
	sysfs_set("class/block/dm-0/dm/suspended", suspended);
}

/* It exists before it has a table, and with a table it may still be suspended. */
static void test_mapping_is_ready_on_change(void **state)
{
	disk_set("dm-0", "TYPE=ext4");
	set_mapping("0", "1");
	send_block_uevent("add", "dm-0");
	set_mapping("1000", "1");
	send_block_uevent("change", "dm-0");
	assert_actions("");
	set_mapping("1000", "0");
	send_block_uevent("change", "dm-0");
	probe_answer_all();
	assert_actions("probe /dev/dm-0\nannounce /dev/dm-0: NAME=\"luks-1\" TYPE=\"ext4\"\n");
	unplug("dm-0");
	send_block_uevent("remove", "dm-0");
	assert_actions("remove /dev/dm-0\n");
}

static void test_kinds_that_are_ignored(void **state)
{
	static const char *const names[] = { "fd0", "ram15", "zram0" };
	static const char *const others[] = { "fda", "ramdisk", "zramx" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		plug(names[i], "1000", "1");
		send_block_uevent("add", names[i]);
		send_block_uevent("change", names[i]);
	}
	assert_actions("");
	for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
		plug(others[i], "1000", "1");
		send_block_uevent("add", others[i]);
	}
	assert_actions("probe /dev/fda\nprobe /dev/ramdisk\nprobe /dev/zramx\n");
}

static void test_node_with_a_directory(void **state)
{
	plug("cciss!c0d0p1", "1000", "1");
	send_block_uevent("add", "cciss!c0d0p1");
	probe_answer_all();
	assert_actions("probe /dev/cciss/c0d0p1\n"
		       "announce /dev/cciss/c0d0p1: nothing known on it\n");
}

/* After lost events: what is gone goes, what was replaced goes, what is there stays. */
static void test_reconcile(void **state)
{
	plug("sda", "1000", "1");
	plug("sdb", "1000", "2");
	plug("sdc", "1000", "3");
	blockdevs_add(machine.devices, "sda");
	blockdevs_add(machine.devices, "sdb");
	blockdevs_add(machine.devices, "sdc");
	probe_answer_all();
	strbuf_done(&machine.actions);
	unplug("sda");
	sysfs_set("class/block/sdb/dev", "8:16");
	blockdevs_reconcile(machine.devices);
	assert_actions("remove /dev/sda\nremove /dev/sdb\n");
}

static void test_freed_while_probed(void **state)
{
	plug("sda", "1000", "1");
	send_block_uevent("add", "sda");
	machine.devices = blockdevs_free(machine.devices);
	assert_actions("probe /dev/sda\ncancel /dev/sda\n");
}

/* --- in any order --- */

/* What the kernel does to one device, in this order. */
struct step {
	const char *name;
	const char *action;
	const char *size, *diskseq; /* NULL: the device is gone */
	const char *suspended;      /* NULL: it is no mapping */
	const char *content;
};

#define DEVICES 7
#define STEPS   4

static const struct step scripts[DEVICES][STEPS] = {
	{ { "vda", "add", "1000", "1", NULL, "PTTYPE=gpt" } },
	{ { "vda1", "add", "500", "0", NULL, "TYPE=crypto_LUKS|UUID=1" },
	  { "vda1", "change", "500", "0", NULL, "TYPE=crypto_LUKS|UUID=2" } },
	/* A card reader. */
	{ { "sda", "add", "0", "2", NULL, "!123" },
	  { "sda", "change", "1000", "3", NULL, "TYPE=vfat|UUID=3" },
	  { "sda", "change", "0", "3", NULL, "!123" } },
	/* A stick that is pulled out, and another one. */
	{ { "sdb", "add", "1000", "4", NULL, "TYPE=ext4|UUID=4" },
	  { "sdb", "remove", NULL, NULL, NULL, "!6" },
	  { "sdb", "add", "2000", "5", NULL, "TYPE=xfs|UUID=5" } },
	{ { "sdc", "add", "1000", "6", NULL, "TYPE=ext4|UUID=6" },
	  { "sdc", "change", "1000", "6", NULL, "!5" },
	  { "sdc", "remove", NULL, NULL, NULL, "!6" } },
	{ { "dm-0", "add", "0", "7", "1", "" },
	  { "dm-0", "change", "1000", "7", "0", "TYPE=ext4|UUID=7" },
	  { "dm-0", "change", "1000", "7", "1", "TYPE=ext4|UUID=7" },
	  { "dm-0", "change", "1000", "7", "0", "TYPE=btrfs|UUID=7" } },
	{ { "loop0", "add", "0", "8", NULL, "" },
	  { "loop0", "change", "1000", "9", NULL, "TYPE=squashfs" },
	  { "loop0", "change", "0", "9", NULL, "" },
	  { "loop0", "change", "1000", "10", NULL, "TYPE=erofs" } },
};

static const char *const outcome[DEVICES] = {
	"/dev/vda: PTTYPE=\"gpt\"",
	"/dev/vda1: TYPE=\"crypto_LUKS\" UUID=\"2\"",
	"/dev/sda: empty",
	"/dev/sdb: TYPE=\"xfs\" UUID=\"5\"",
	NULL,
	"/dev/dm-0: NAME=\"mapping\" TYPE=\"btrfs\" UUID=\"7\"",
	"/dev/loop0: TYPE=\"erofs\"",
};

struct schedule {
	uint32_t random;
	unsigned int n_done[DEVICES]; /* steps that the kernel has done */
	const struct step *queue[64]; /* events that nobody has read */
	unsigned int n_queued;
};

static unsigned int choose(struct schedule *schedule, unsigned int n)
{
	return next_random(&schedule->random) % n;
}

static void set_attribute(const char *name, const char *attribute, const char *content)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/block/%s/%s", name, attribute);
	sysfs_set(path, content);
}

/* sysfs and the disk change before the event is sent, and long before it is read. */
static void do_step(const struct step *step)
{
	disk_set(step->name, step->content);
	if (!step->size) {
		unplug(step->name);
		return;
	}
	set_attribute(step->name, "dev", "8:0");
	set_attribute(step->name, "size", step->size);
	set_attribute(step->name, "diskseq", step->diskseq);
	if (step->suspended) {
		set_attribute(step->name, "dm/name", "mapping");
		set_attribute(step->name, "dm/suspended", step->suspended);
	}
}

static bool kernel_goes_on(struct schedule *schedule)
{
	unsigned int first = choose(schedule, DEVICES);

	for (unsigned int i = 0; i < DEVICES; i++) {
		unsigned int device = (first + i) % DEVICES;
		const struct step *step = &scripts[device][schedule->n_done[device]];

		if (schedule->n_done[device] == STEPS || !step->name)
			continue;
		schedule->n_done[device]++;
		do_step(step);
		schedule->queue[schedule->n_queued++] = step;
		return true;
	}
	return false;
}

static bool read_event(struct schedule *schedule)
{
	const struct step *step = schedule->queue[0];

	if (schedule->n_queued == 0)
		return false;
	schedule->n_queued--;
	memmove(&schedule->queue[0], &schedule->queue[1],
		schedule->n_queued * sizeof(schedule->queue[0]));
	send_block_uevent(step->action, step->name);
	return true;
}

static bool worker_answers(struct schedule *schedule)
{
	struct pool_job *probe;
	unsigned int n = 0, chosen;

	list_for_each(probe, &machine.probes, link)
		n++;
	if (n == 0)
		return false;
	chosen = choose(schedule, n);
	list_for_each(probe, &machine.probes, link)
		if (chosen-- == 0)
			break;
	probe_answer(probe, choose(schedule, 2));
	return true;
}

/* One that comes by while events are in the queue. */
static void walk_past_one(struct schedule *schedule)
{
	blockdevs_add(machine.devices, scripts[choose(schedule, DEVICES)][0].name);
}

/* The kernel had no room for the events in the queue, so there is a walk over all. */
static void lose_events(struct schedule *schedule)
{
	schedule->n_queued = 0;
	for (unsigned int i = 0; i < DEVICES; i++)
		blockdevs_change(machine.devices, scripts[i][0].name);
	blockdevs_reconcile(machine.devices);
}

static void do_something(struct schedule *schedule, bool may_lose)
{
	switch (choose(schedule, 16)) {
	case 0:
	case 1:
		walk_past_one(schedule);
		return;
	case 2:
		if (may_lose)
			lose_events(schedule);
		return;
	case 3:
	case 4:
	case 5:
	case 6:
		(void)kernel_goes_on(schedule);
		return;
	case 7:
	case 8:
	case 9:
	case 10:
	case 11:
		(void)read_event(schedule);
		return;
	default:
		(void)worker_answers(schedule);
	}
}

struct found {
	const struct blockdev *devices[DEVICES];
};

static void find_device(void *userdata, struct blockdev *device)
{
	struct found *found = userdata;

	for (unsigned int i = 0; i < DEVICES; i++) {
		if (!str_equal(device->sysname, scripts[i][0].name))
			continue;
		assert_null(found->devices[i]);
		found->devices[i] = device;
		return;
	}
	fail_msg("%s should not be there", device->sysname);
}

static void check_outcome(uint32_t seed)
{
	struct found found = { 0 };

	assert_true(blockdevs_is_idle(machine.devices));
	blockdevs_for_each(machine.devices, find_device, &found);
	for (unsigned int i = 0; i < DEVICES; i++) {
		_cleanup_strbuf_ struct strbuf description = { 0 };

		if (found.devices[i])
			blockdev_describe(found.devices[i], &description);
		if (!str_equal(strbuf_string(&description), outcome[i] ? outcome[i] : ""))
			fail_msg("order %u: %s; it did\n%s", (unsigned int)seed,
				 strbuf_string(&description), strbuf_string(&machine.actions));
		if (found.devices[i])
			assert_int_equal(found.devices[i]->announced,
					 found.devices[i]->state == BLOCKDEV_PROBED);
	}
}

/* Whoever listens is told of a removal once for each device that was announced, in between. */
static void check_told_in_pairs(void)
{
	_cleanup_free_ char *actions = strdup(strbuf_string(&machine.actions));
	struct strmap told = { 0 };
	char *next = actions, *line;
	static char there[] = "there";

	while ((line = strsep(&next, "\n"))) {
		const char *announced = str_after_prefix(line, "announce ");
		const char *removed = str_after_prefix(line, "remove ");

		if (announced) {
			line[strcspn(line, ":")] = '\0';
			assert_int_equal(strmap_set(&told, announced, there), 0);
		} else if (removed) {
			assert_ptr_equal(strmap_get(&told, removed), there);
			assert_int_equal(strmap_set(&told, removed, NULL), 0);
		}
	}
	strmap_done(&told, NULL);
}

static void run_order(uint32_t seed, bool may_lose)
{
	struct schedule schedule = { .random = seed };

	(void)machine_set_up(NULL);
	for (unsigned int i = 0; i < 80; i++)
		do_something(&schedule, may_lose);
	while (kernel_goes_on(&schedule))
		;
	while (read_event(&schedule) || worker_answers(&schedule))
		;
	check_outcome(seed);
	check_told_in_pairs();
	(void)machine_tear_down(NULL);
}

static void test_orders(void **state)
{
	for (uint32_t seed = 1; seed <= N_ORDERS; seed++)
		run_order(seed, false);
}

static void test_orders_with_lost_events(void **state)
{
	for (uint32_t seed = 1; seed <= N_ORDERS; seed++)
		run_order(seed, true);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_seen_by_walk_and_by_event);
	TEST(&list, test_walk_comes_too_early);
	TEST(&list, test_gone_before_we_looked);
	TEST(&list, test_other_actions_and_subsystems);
	TEST(&list, test_removed_while_probed);
	TEST(&list, test_replaced_while_probed);
	TEST(&list, test_replaced_after_probe);
	TEST(&list, test_changed_while_probed);
	TEST(&list, test_changes_without_pause);
	TEST(&list, test_comes_and_goes_without_pause);
	TEST(&list, test_changed_after_probe);
	TEST(&list, test_medium_comes_and_goes);
	TEST(&list, test_medium_gone_while_probed);
	TEST(&list, test_unreadable);
	TEST(&list, test_no_memory_for_a_probe);
	TEST(&list, test_mapping_is_ready_on_change);
	TEST(&list, test_kinds_that_are_ignored);
	TEST(&list, test_node_with_a_directory);
	TEST(&list, test_reconcile);
	TEST(&list, test_freed_while_probed);
	test_list_set_fixtures(&list, machine_set_up, machine_tear_down);
	/* These make a machine for each order. */
	TEST(&list, test_orders);
	TEST(&list, test_orders_with_lost_events);
	return test_list_run(&list);
}
