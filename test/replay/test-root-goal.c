/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * When the root is mounted, and when not, as disks of one name come, are read and go. What is asked
 * of the root and of the volumes is written down instead; a turn of the loop is a call of turn().
 */
#include "init/root-goal.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "fake-context.h"
#include "harness.h"
#include "init/root.h"

/* The linker puts these in the place of the real ones; see meson.build. */
enum root_state __wrap_root_get_state(const struct root *root);
void __wrap_root_device_appeared(struct root *root, const char *node, const char *type,
				 bool is_read_only);
void __wrap_root_device_withdrawn(struct root *root);
void __wrap_root_device_removed(struct root *root, const char *node);
void __wrap_root_tag_appeared(struct root *root, const char *type, const char *tag);
void __wrap_root_step(struct root *root, bool is_held);
bool __wrap_root_has_failed_once(const struct root *root);
bool __wrap_root_cannot_be_mounted(const struct root *root);
void __wrap_root_begin_anew(struct root *root);
void __wrap_root_describe(const struct root *root, struct strbuf *buf);
const char *__wrap_root_get_reason(const struct root *root);
const char *__wrap_root_get_node(const struct root *root);

static struct root_goal *goal;
static enum root_state root_state;
static bool root_has_failed;
static bool root_cannot_be_mounted_any_more;
static bool root_is_lost; /* its mount fails, as its device is gone */

enum root_state __wrap_root_get_state(const struct root *root)
{
	return root_state;
}

void __wrap_root_device_appeared(struct root *root, const char *node, const char *type,
				 bool is_read_only)
{
	machine_note("root on %s as %s%s", node, type, is_read_only ? ", read-only" : "");
	root_state = ROOT_PREPARING;
}

void __wrap_root_device_withdrawn(struct root *root)
{
	if (root_state == ROOT_PREPARING)
		machine_note("no root");
	root_state = ROOT_AWAITED;
}

void __wrap_root_device_removed(struct root *root, const char *node)
{
	machine_note("gone %s", node);
	root_is_lost = root_state == ROOT_MOUNTING;
	if (!root_is_lost)
		root_state = ROOT_AWAITED;
}

void __wrap_root_tag_appeared(struct root *root, const char *type, const char *tag)
{
	machine_note("tag %s of %s", tag, type);
	root_state = ROOT_PREPARING;
}

void __wrap_root_step(struct root *root, bool is_held)
{
	if (root_state == ROOT_MOUNTING && root_is_lost) {
		machine_note("lost");
		root_is_lost = false;
		root_state = ROOT_AWAITED;
	}
	if (root_state != ROOT_PREPARING)
		return;
	machine_note(is_held ? "held" : "mount");
	if (!is_held)
		root_state = ROOT_MOUNTING;
}

bool __wrap_root_has_failed_once(const struct root *root)
{
	return root_has_failed;
}

bool __wrap_root_cannot_be_mounted(const struct root *root)
{
	return root_cannot_be_mounted_any_more;
}

void __wrap_root_begin_anew(struct root *root)
{
	root_state = ROOT_AWAITED;
}

void __wrap_root_describe(const struct root *root, struct strbuf *buf)
{
	strbuf_append(buf, "the driver of /dev/sda");
}

const char *__wrap_root_get_reason(const struct root *root)
{
	return root_state == ROOT_FAILED ? "it is broken" : "nothing has that tag";
}

const char *__wrap_root_get_node(const struct root *root)
{
	return "the first";
}

/* --- the machine --- */

static void on_probed(void *userdata, struct blockdev *device)
{
	root_goal_device_probed(goal, device);
}

static void on_removed(void *userdata, struct blockdev *device)
{
	root_goal_device_removed(goal, device);
}

static void begin(const char *cmdline)
{
	static const struct blockdevs_ops ops = {
		.on_probed = on_probed,
		.on_removed = on_removed,
	};

	machine_watch(&ops);
	fake_context_begin(cmdline);
	root_state = ROOT_AWAITED;
	root_has_failed = root_is_lost = root_cannot_be_mounted_any_more = false;
	assert_int_equal(root_goal_new(&fake_context, NULL, &goal), 0);
}

static int tear_down(void **state)
{
	goal = root_goal_free(goal);
	fake_context_end();
	return machine_tear_down(state);
}

/* The kernel shows a disk; it is read when the test says so. */
static void show(const char *name, const char *devnum, const char *tags)
{
	disk_add(name, devnum, tags, NULL);
	send_block_uevent("add", name);
}

static void read_first(void)
{
	probe_answer(list_first(&machine.probes, struct pool_job, link), false);
}

static void pull_out(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "class/block/%s", name);
	sysfs_set(path, NULL);
	send_block_uevent("remove", name);
}

static void turn(void)
{
	root_goal_step(goal, !blockdevs_is_idle(machine.devices), true);
}

#define SEVERAL                                                                                \
	"say the root device is to be UUID=a, which several devices are: /dev/sda, /dev/sdb: " \
	"taking none of them, waiting until only one is left\n"

static void test_only_one(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	turn();
	read_first();
	turn();
	assert_actions("probe /dev/sda\nroot on /dev/sda as ext4\nmount\n");
	assert_false(fake_context_timer_runs());
}

/* Both are there from the beginning, and whichever is read first, none is mounted. */
static void test_second_is_still_to_be_read(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\nroot on /dev/sda as ext4\nheld\n");
	read_first();
	turn();
	turn();
	assert_actions("no root\n" SEVERAL);
	assert_true(root_goal_is_in_doubt(goal));
	pull_out("sda");
	turn();
	assert_actions("gone /dev/sda\nroot on /dev/sdb as ext4\nmount\n");
	assert_false(root_goal_is_in_doubt(goal));
}

static void test_other_disk_is_still_to_be_read(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=b");
	read_first();
	turn();
	turn();
	read_first();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\nroot on /dev/sda as ext4\nheld\nheld\n"
		       "root on /dev/sda as ext4\nmount\n");
}

/* A disk that takes long to answer does not keep the root for longer than that. */
static void test_slow_disk(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_true(fake_context_timer_runs());
	fake_context_timers_run_out();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\nroot on /dev/sda as ext4\nheld\nmount\n");
	/* Too late to matter: it is in the log. */
	read_first();
	turn();
	assert_actions("");
	assert_int_equal(root_state, ROOT_MOUNTING);
}

/* A node is the name of one device only. */
static void test_name_of_the_kernel(void **state)
{
	begin("root=/dev/sda");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\nroot on /dev/sda as ext4\nmount\n");
	probe_answer_all();
}

/* Multipath: the two paths are there before what is built on them. */
static void test_something_is_built_on_both(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=a");
	probe_answer_all();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\n" SEVERAL);
	sysfs_set("class/block/sda/holders/dm-0/dev", "253:0");
	sysfs_set("class/block/sdb/holders/dm-0/dev", "253:0");
	sysfs_set("class/block/dm-0/dm/name", "mpatha");
	sysfs_set("class/block/dm-0/dm/suspended", "0");
	show("dm-0", "253:0", "TYPE=ext4|UUID=a");
	probe_answer_all();
	turn();
	assert_actions("probe /dev/dm-0\nroot on /dev/mapper/mpatha as ext4\nmount\n");
}

static void test_volume(void **state)
{
	begin("root=UUID=l");
	show("sda", "8:0", "TYPE=crypto_LUKS|UUID=l");
	read_first();
	turn();
	assert_actions("probe /dev/sda\nvolume l on /dev/sda as root\n");
	assert_false(root_goal_is_hopeless(goal));
	fake_closed_volume = "root";
	assert_true(root_goal_is_hopeless(goal));
	sysfs_set("class/block/sda/holders/dm-0/dev", "253:0");
	sysfs_set("class/block/dm-0/dm/name", "root");
	sysfs_set("class/block/dm-0/dm/suspended", "0");
	show("dm-0", "253:0", "TYPE=btrfs|UUID=a");
	read_first();
	turn();
	assert_actions("probe /dev/dm-0\nroot on /dev/mapper/root as btrfs\nmount\n");
}

static void test_volume_that_has_a_name(void **state)
{
	begin("root=UUID=named");
	show("sda", "8:0", "TYPE=crypto_LUKS|UUID=named");
	read_first();
	turn();
	assert_actions("probe /dev/sda\nvolume named on /dev/sda as cryptroot\n");
	fake_closed_volume = "cryptroot";
	assert_true(root_goal_is_hopeless(goal));
}

/* Which of two volumes is meant is not tried out. */
static void test_two_volumes(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=crypto_LUKS|UUID=a");
	show("sdb", "8:16", "TYPE=crypto_LUKS|UUID=a");
	probe_answer_all();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\n" SEVERAL);
}

static void test_several_file_systems_in_one(void **state)
{
	begin("root=/dev/sda");
	show("sda", "8:0", "TYPE=vfat|UUID=v|TYPE=ext4|UUID=a");
	read_first();
	turn();
	send_block_uevent("change", "sda");
	read_first();
	turn();
	assert_actions("probe /dev/sda\n"
		       "say the root device holds more than one file system, and rootfstype= does "
		       "not say which is meant, waiting for another: /dev/sda: TYPE=\"vfat\" "
		       "UUID=\"v\" or TYPE=\"ext4\" UUID=\"a\"\n"
		       "probe /dev/sda\n");
}

/* What is back before the mount has failed is taken at once: no event would remind of it. */
static void test_device_is_back_before_the_mount_fails(void **state)
{
	begin("root=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	pull_out("sda");
	show("sdb", "8:16", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_actions("probe /dev/sda\nroot on /dev/sda as ext4\nmount\ngone /dev/sda\n"
		       "probe /dev/sdb\nlost\nroot on /dev/sdb as ext4\nmount\n");
}

static void test_fallback(void **state)
{
	begin("root=UUID=x rootfallback=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_true(root_goal_fall_back(goal));
	turn();
	assert_actions("probe /dev/sda\nsay the root device UUID=x did not appear, looking for "
		       "rootfallback=UUID=a\nroot on /dev/sda as ext4\nmount\n");
	assert_false(root_goal_fall_back(goal));
}

struct fallback_row {
	const char *name;
	enum root_state state;
	bool cannot_be_mounted;
	const char *said; /* NULL: it is not the time for a fallback */
};

#define LOOKING " looking for rootfallback=UUID=b\n"

static const struct fallback_row fallback_rows[] = {
	{ "cannot be mounted", ROOT_FAILED, true, "say it is broken;" LOOKING },
	{ "has no init", ROOT_FAILED, false, NULL },
	{ "its driver does not come", ROOT_PREPARING, false,
	  "say the driver of /dev/sda did not come in time," LOOKING },
	{ "is being mounted", ROOT_MOUNTING, false, NULL },
	{ "is mounted", ROOT_MOUNTED, false, NULL },
	{ "is looked for an init", ROOT_SEARCHED, false, NULL },
	{ "is ready", ROOT_READY, false, NULL },
};

static void test_fallback_for_a_device_that_is_there(void **state)
{
	const struct fallback_row *row = *state;

	begin("root=UUID=a rootfallback=UUID=b");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=b");
	probe_answer_all();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\nroot on /dev/sda as ext4\nmount\n");
	root_state = row->state;
	root_cannot_be_mounted_any_more = row->cannot_be_mounted;
	assert_int_equal(root_goal_fall_back(goal), row->said != NULL);
	assert_actions(row->said ? row->said : "");
	turn();
	assert_actions(row->said ? "root on /dev/sdb as ext4\nmount\n" : "");
	root_state = ROOT_FAILED;
	assert_int_equal(root_goal_fall_back(goal), !row->said && row->cannot_be_mounted);
}

/* Those that were two are not what is looked for then. */
static void test_fallback_for_two(void **state)
{
	begin("root=UUID=a rootfallback=UUID=b");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	show("sdb", "8:16", "TYPE=ext4|UUID=a");
	probe_answer_all();
	turn();
	assert_actions("probe /dev/sda\nprobe /dev/sdb\n" SEVERAL);
	assert_true(root_goal_fall_back(goal));
	assert_actions("say the root device UUID=a, which several devices are: /dev/sda, /dev/sdb "
		       "did not appear, looking for rootfallback=UUID=b\n");
}

/* The time may be over before it is known that no driver will bring anything. */
static void test_root_that_nobody_understands(void **state)
{
	begin("root=nonsense");
	assert_false(root_goal_exists(goal));
	assert_false(root_goal_fall_back(goal));
	assert_actions("");
}

static void test_fallback_for_what_nobody_understands(void **state)
{
	begin("root=nonsense rootfallback=UUID=a");
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_true(root_goal_fall_back(goal));
	assert_true(root_goal_exists(goal));
	turn();
	assert_actions("probe /dev/sda\nsay the root device that root= was to name did not appear, "
		       "looking for rootfallback=UUID=a\nroot on /dev/sda as ext4\nmount\n");
}

static const struct {
	const char *name, *cmdline, *expected;
} tag_rows[] = {
	{ "virtiofs", "root=virtiofs:myroot", "tag myroot of virtiofs\nmount\n" },
	{ "virtiofs by type", "root=myroot rootfstype=virtiofs",
	  "tag myroot of virtiofs\nmount\n" },
	{ "9p by type", "root=/dev/root rootfstype=9p", "tag /dev/root of 9p\nmount\n" },
	{ "a device", "root=UUID=b", "" },
	{ "no root=", "", "" },
};

static void takes_tag(void **state)
{
	const typeof(tag_rows[0]) *row = *state;

	(void)machine_set_up(NULL);
	begin(row->cmdline);
	show("sda", "8:0", "TYPE=ext4|UUID=a");
	read_first();
	turn();
	assert_actions("probe /dev/sda\n");
	root_goal_tag_may_be_there(goal);
	turn();
	assert_actions(row->expected);
	(void)tear_down(NULL);
}

/* Why the tag could not be mounted says nothing of the device. */
static void test_fallback_for_a_tag(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	begin("root=virtiofs:x rootfallback=UUID=a");
	root_goal_tag_may_be_there(goal);
	root_state = ROOT_AWAITED;
	root_has_failed = true;
	assert_true(root_goal_is_in_doubt(goal));
	assert_true(root_goal_fall_back(goal));
	assert_actions("tag x of virtiofs\n"
		       "say the root device virtiofs:x (nothing has that tag) did not appear, "
		       "looking for rootfallback=UUID=a\n");
	assert_false(root_goal_is_in_doubt(goal));
	root_goal_describe(goal, &text);
	assert_string_equal(strbuf_string(&text), "the root device UUID=a");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_only_one);
	TEST(&list, test_second_is_still_to_be_read);
	TEST(&list, test_other_disk_is_still_to_be_read);
	TEST(&list, test_slow_disk);
	TEST(&list, test_name_of_the_kernel);
	TEST(&list, test_something_is_built_on_both);
	TEST(&list, test_volume);
	TEST(&list, test_volume_that_has_a_name);
	TEST(&list, test_two_volumes);
	TEST(&list, test_several_file_systems_in_one);
	TEST(&list, test_device_is_back_before_the_mount_fails);
	TEST(&list, test_fallback);
	TEST(&list, test_fallback_for_two);
	TEST_ROWS(&list, test_fallback_for_a_device_that_is_there, fallback_rows);
	TEST(&list, test_root_that_nobody_understands);
	TEST(&list, test_fallback_for_what_nobody_understands);
	TEST(&list, test_fallback_for_a_tag);
	test_list_set_fixtures(&list, machine_set_up, tear_down);
	/* These make a machine for each row. */
	TEST_ROWS(&list, takes_tag, tag_rows);
	return test_list_run(&list);
}
