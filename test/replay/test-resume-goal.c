/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which device is looked at for a hibernated system, as devices of one name come, are read and go.
 * What is asked of resume.c is written down instead; a turn of the loop is a call of turn().
 */
#include "init/resume-goal.h"

#include "fake-context.h"
#include "harness.h"
#include "init/resume.h"

/* The linker puts these in the place of the real ones; see meson.build. */
int __wrap_resume_new(const struct goal_context *context, struct resume **ret_resume);
struct resume *__wrap_resume_free(struct resume *resume);
enum resume_state __wrap_resume_get_state(const struct resume *resume);
const struct device_spec *__wrap_resume_get_device(const struct resume *resume);
const char *__wrap_resume_get_types(const struct resume *resume);
void __wrap_resume_device_appeared(struct resume *resume, const char *node, dev_t devnum);
void __wrap_resume_device_withdrawn(struct resume *resume);
void __wrap_resume_devices_doubted(struct resume *resume, const char *devices);
void __wrap_resume_device_late(struct resume *resume, const char *node);
void __wrap_resume_give_up(struct resume *resume, const char *why);
void __wrap_resume_step(struct resume *resume, bool making_progress);

static struct resume_goal *goal;
static enum resume_state resume_state;
static struct device_spec location; /* as the firmware told it */

int __wrap_resume_new(const struct goal_context *context, struct resume **ret_resume)
{
	*ret_resume = NULL;
	return 0;
}

struct resume *__wrap_resume_free(struct resume *resume)
{
	return NULL;
}

enum resume_state __wrap_resume_get_state(const struct resume *resume)
{
	return resume_state;
}

const struct device_spec *__wrap_resume_get_device(const struct resume *resume)
{
	return fake_config.resume.kind != DEVICE_SPEC_NONE ? &fake_config.resume : &location;
}

const char *__wrap_resume_get_types(const struct resume *resume)
{
	return "swap,swsuspend";
}

void __wrap_resume_device_appeared(struct resume *resume, const char *node, dev_t devnum)
{
	machine_note("check %s", node);
	resume_state = RESUME_CHECKING;
}

void __wrap_resume_device_withdrawn(struct resume *resume)
{
	if (resume_state == RESUME_CHECKING)
		machine_note("withdraw");
	resume_state = RESUME_AWAITED;
}

void __wrap_resume_devices_doubted(struct resume *resume, const char *devices)
{
	machine_note("doubt %s", devices);
	resume_state = RESUME_AWAITED;
}

void __wrap_resume_device_late(struct resume *resume, const char *node)
{
	machine_note("late %s", node);
}

void __wrap_resume_give_up(struct resume *resume, const char *why)
{
	machine_note("give up: %s", why);
	resume_state = RESUME_SETTLED;
}

void __wrap_resume_step(struct resume *resume, bool making_progress)
{
}

static void on_probed(void *userdata, struct blockdev *device)
{
	resume_goal_device_probed(goal, device);
}

static void on_removed(void *userdata, struct blockdev *device)
{
	resume_goal_device_removed(goal, device);
}

static void begin(const char *cmdline)
{
	static const struct blockdevs_ops ops = {
		.on_probed = on_probed,
		.on_removed = on_removed,
	};

	machine_watch(&ops);
	fake_context_begin(cmdline);
	fake_boot_partition = "esp";
	resume_state = RESUME_AWAITED;
	assert_int_equal(resume_goal_new(&fake_context, &goal), 0);
}

static int tear_down(void **state)
{
	goal = resume_goal_free(goal);
	fake_context_end();
	return machine_tear_down(state);
}

struct disk {
	const char *name, *devnum, *tags;
	const char *below; /* "dm-0": it is built on this one */
};

/* The kernel shows a disk; it is read when the test says so. */
static void show(const struct disk *disk)
{
	disk_add(disk->name, disk->devnum, disk->tags, disk->below);
	send_block_uevent("add", disk->name);
}

static void turn(void)
{
	resume_goal_step(goal, !blockdevs_is_idle(machine.devices), false);
}

static void read_first(void)
{
	probe_answer(list_first(&machine.probes, struct pool_job, link), false);
	turn();
}

static const struct disk sda = { "sda", "8:0", "TYPE=swap|UUID=a|LABEL=swap", NULL };
static const struct disk sdb = { "sdb", "8:16", "TYPE=swap|UUID=a|LABEL=swap", NULL };

#define SEVERAL                                                                      \
	"say the device to resume from is to be UUID=a, which several devices are: " \
	"/dev/sda, /dev/sdb: taking none of them, waiting until only one is left\n"  \
	"doubt /dev/sda, /dev/sdb\n"

/* All are shown before the first is read. */
static const struct {
	const char *name, *cmdline;
	struct disk disks[3];
	const char *expected;
} rows[] = {
	{ "none", "resume=UUID=b", { { "sda", "8:0", "TYPE=swap|UUID=a", NULL } }, "" },
	{ "one",
	  "resume=UUID=a",
	  { { "sda", "8:0", "TYPE=swap|UUID=a", NULL },
	    { "sdb", "8:16", "TYPE=swap|UUID=b", NULL } },
	  "check /dev/sda\n" },
	{ "one that is hibernated to",
	  "resume=UUID=a",
	  { { "sda", "8:0", "TYPE=swsuspend|UUID=a", NULL } },
	  "check /dev/sda\n" },
	{ "a clone",
	  "resume=UUID=a",
	  { { "sda", "8:0", "TYPE=swsuspend|UUID=a", NULL },
	    { "sdb", "8:16", "TYPE=swap|UUID=a", NULL } },
	  SEVERAL },
	{ "a clone, and the boot disk is preferred",
	  "resume=UUID=a rd.root.duplicates=boot-disk",
	  { { "sda", "8:0", "TYPE=swap|UUID=a", NULL },
	    { "sdb", "8:16", "TYPE=swap|UUID=a|PARTUUID=esp|PARTDISK=8:16", NULL } },
	  "check /dev/sdb\n" },
	{ "a clone, and a node",
	  "resume=/dev/sdb",
	  { { "sda", "8:0", "TYPE=swap|UUID=a", NULL },
	    { "sdb", "8:16", "TYPE=swap|UUID=a", NULL } },
	  "check /dev/sdb\n" },
	{ "a mapping on a disk",
	  "resume=UUID=a",
	  { { "sda", "8:0", "TYPE=swap|UUID=a", "dm-0" },
	    { "dm-0", "253:0", "TYPE=swap|UUID=a", NULL } },
	  "check /dev/dm-0\n" },
	{ "a mapping on two disks",
	  "resume=UUID=a",
	  { { "sda", "8:0", "TYPE=swap|UUID=a", "dm-0" },
	    { "sdb", "8:16", "TYPE=swap|UUID=a", "dm-0" },
	    { "dm-0", "253:0", "TYPE=swap|UUID=a", NULL } },
	  "check /dev/dm-0\n" },
	{ "a volume",
	  "resume=UUID=l",
	  { { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l", NULL } },
	  "volume l on /dev/sda as swap\n" },
	{ "a volume and what is in it",
	  "resume=LABEL=x",
	  { { "sda", "8:0", "TYPE=crypto_LUKS|UUID=l|LABEL=x", "dm-0" },
	    { "dm-0", "253:0", "TYPE=swap|UUID=a|LABEL=x", NULL } },
	  "check /dev/dm-0\n" },
	{ "a file system that was there before",
	  "resume=UUID=a",
	  { { "sda", "8:0", "TYPE=vfat|UUID=v|TYPE=swap|UUID=a", NULL } },
	  "check /dev/sda\n" },
	{ "two file systems for a file to resume from",
	  "resume=/dev/sda resume_offset=5",
	  { { "sda", "8:0", "TYPE=vfat|UUID=v|TYPE=ext4|UUID=a", NULL } },
	  "check /dev/sda\n" },
	{ "by-id",
	  "resume=/dev/disk/by-id/ata-x",
	  { { "sda", "8:0", "TYPE=swap|BYID=ata-y", NULL },
	    { "sdb", "8:16", "TYPE=swap|BYID=ata-x", NULL } },
	  "check /dev/sdb\n" },
};

static void looks_at(void **state)
{
	const typeof(rows[0]) *row = *state;

	(void)machine_set_up(NULL);
	begin(row->cmdline);
	turn();
	for (size_t i = 0; i < ARRAY_SIZE(row->disks) && row->disks[i].name; i++)
		show(&row->disks[i]);
	probe_answer_all();
	turn();
	turn();
	assert_actions_but_probes(row->expected);
	(void)tear_down(NULL);
}

/* Not even that there is no image is believed of the first. */
static void test_second_is_still_to_be_read(void **state)
{
	begin("resume=UUID=a");
	show(&sda);
	show(&sdb);
	read_first();
	turn();
	assert_actions_but_probes("");
	read_first();
	assert_actions_but_probes(SEVERAL);
	assert_int_equal(resume_state, RESUME_AWAITED);
}

static void test_slow_disk(void **state)
{
	begin("resume=UUID=a");
	show(&sda);
	show(&sdb);
	read_first();
	fake_context_timers_run_out();
	turn();
	assert_actions_but_probes("check /dev/sda\n");
	/* It is not read yet. */
	read_first();
	assert_actions_but_probes(SEVERAL);
}

static void test_one_of_two_goes(void **state)
{
	begin("resume=UUID=a");
	show(&sda);
	show(&sdb);
	probe_answer_all();
	turn();
	assert_actions_but_probes(SEVERAL);
	sysfs_set("class/block/sda", NULL);
	send_block_uevent("remove", "sda");
	turn();
	assert_actions_but_probes("check /dev/sdb\n");
	sysfs_set("class/block/sdb", NULL);
	send_block_uevent("remove", "sdb");
	turn();
	assert_actions_but_probes("withdraw\n");
}

static void test_names_of_udev_are_wanted_at_once(void **state)
{
	begin("resume=/dev/disk/by-path/pci-1");
	disk_set("sda", "TYPE=swap|BYPATH=pci-1");
	show(&(struct disk){ "sda", "8:0", "TYPE=swap|BYPATH=pci-1", NULL });
	read_first();
	assert_actions("probe /dev/sda\ncheck /dev/sda\n");
}

/* What there is already when the firmware has told. */
static void test_firmware(void **state)
{
	static char uuid[] = "a";

	begin("");
	resume_state = RESUME_LOCATING;
	show(&sda);
	read_first();
	assert_actions_but_probes("");
	location = (struct device_spec){ .kind = DEVICE_SPEC_UUID, .value = uuid, .text = uuid };
	resume_state = RESUME_AWAITED;
	turn();
	assert_actions_but_probes("check /dev/sda\n");
	location = (struct device_spec){ .kind = DEVICE_SPEC_NONE };
}

static void test_volume_stays_closed(void **state)
{
	begin("resume=/dev/mapper/cryptswap");
	turn();
	assert_actions_but_probes("");
	fake_closed_volume = "cryptswap";
	turn();
	assert_actions_but_probes("give up: the LUKS volume that holds it was not opened\n");
}

static void test_too_late(void **state)
{
	begin("resume=UUID=a");
	resume_state = RESUME_SETTLED;
	show(&sda);
	read_first();
	assert_actions_but_probes("late /dev/sda\n");
}

/* What was looked at is not late, whatever is built on it; another one of that name is. */
static void test_second_is_too_late(void **state)
{
	begin("resume=UUID=a");
	show(&sda);
	read_first();
	resume_state = RESUME_SETTLED;
	send_block_uevent("change", "sda");
	read_first();
	show(&(struct disk){ "sda", "8:0", "TYPE=swap|UUID=a", "dm-0" });
	show(&(struct disk){ "dm-0", "253:0", "TYPE=swap|UUID=a", NULL });
	read_first();
	assert_actions_but_probes("check /dev/sda\n");
	show(&sdb);
	read_first();
	assert_actions_but_probes("late /dev/sdb\n");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_second_is_still_to_be_read);
	TEST(&list, test_slow_disk);
	TEST(&list, test_one_of_two_goes);
	TEST(&list, test_names_of_udev_are_wanted_at_once);
	TEST(&list, test_firmware);
	TEST(&list, test_volume_stays_closed);
	TEST(&list, test_too_late);
	TEST(&list, test_second_is_too_late);
	test_list_set_fixtures(&list, machine_set_up, tear_down);
	/* These make a machine for each row. */
	TEST_ROWS(&list, looks_at, rows);
	return test_list_run(&list);
}
