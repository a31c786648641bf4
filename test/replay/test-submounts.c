/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is mounted below the root, with the registry of devices as it is, and with workers that
 * answer when a test says so: devices that come before the root, after it, and go away between.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/submounts.h"
#include "fake-context.h"
#include "harness.h"
#include "init/fs-mount.h"
#include "init/fsck.h"
#include "init/loop.h"
#include "init/module-loader.h"
#include "init/patience.h"
#include "init/submounts.h"
#include "recent-log.h"

#define VAR  "/dev/sdb /var ext4 x-initrd.mount\n"
#define USR  "UUID=1 /usr ext4 defaults\n"
#define SLOW "UUID=1 /usr ext4 x-systemd.device-timeout=5\n"
#define DATA "LABEL=data /data ext4 x-initrd.mount,nofail\n"

struct patience {
	struct list link;
	loop_timer_cb on_over;
	void *userdata;
	uint64_t left_usec;
	bool is_running;
};

/* The linker puts these in the place of the real ones; see meson.build. */
void __wrap_module_loader_request(struct module_loader *loader, const char *alias);
bool __wrap_module_loader_is_settled(const struct module_loader *loader, const char *alias);

int __wrap_patience_new(struct loop *loop, uint64_t patience_usec, loop_timer_cb on_over,
			void *userdata, struct patience **ret_patience);
struct patience *__wrap_patience_free(struct patience *patience);
void __wrap_patience_set_running(struct patience *patience, bool running);
void __wrap_patience_renew(struct patience *patience, uint64_t patience_usec);

static struct submounts *submounts;
static bool modules_are_settled;
static struct strbuf missing; /* devices */
static struct list patiences;

static const struct submounts_root root = { "/dev/sdr", "btrfs" };
static const struct fsck_context no_checks = { .mode = FSCK_MODE_SKIP };
static const struct fs_mount_context mounting = { .fsck = &no_checks };

void __wrap_module_loader_request(struct module_loader *loader, const char *alias)
{
}

bool __wrap_module_loader_is_settled(const struct module_loader *loader, const char *alias)
{
	return modules_are_settled;
}

int __wrap_patience_new(struct loop *loop, uint64_t patience_usec, loop_timer_cb on_over,
			void *userdata, struct patience **ret_patience)
{
	struct patience *patience = calloc(1, sizeof(*patience));

	assert_non_null(patience);
	patience->on_over = on_over;
	patience->userdata = userdata;
	patience->left_usec = patience_usec;
	list_append(&patiences, &patience->link);
	*ret_patience = patience;
	return 0;
}

struct patience *__wrap_patience_free(struct patience *patience)
{
	if (patience) {
		list_remove(&patience->link);
		free(patience);
	}
	return NULL;
}

void __wrap_patience_set_running(struct patience *patience, bool running)
{
	patience->is_running = running;
}

void __wrap_patience_renew(struct patience *patience, uint64_t patience_usec)
{
	patience->left_usec = patience_usec;
	patience->is_running = false;
}

static void on_missing(void *userdata, const struct device_spec *spec)
{
	strbuf_printf(&missing, "%s ", spec->text);
}

static void on_probed(void *userdata, struct blockdev *device)
{
	if (submounts)
		submounts_device_probed(submounts, device);
}

static void on_removed(void *userdata, struct blockdev *device)
{
	submounts_device_removed(submounts, device);
}

static int set_up(void **state)
{
	static const struct blockdevs_ops ops = { .on_probed = on_probed,
						  .on_removed = on_removed };

	modules_are_settled = true;
	list_init(&patiences);
	recent_log_start();
	if (machine_set_up(state) < 0)
		return -1;
	machine_watch(&ops);
	return 0;
}

static int tear_down(void **state)
{
	submounts = submounts_free(submounts);
	assert_true(list_is_empty(&patiences));
	strbuf_done(&missing);
	fake_context_end();
	return machine_tear_down(state);
}

static void step(bool is_quiet)
{
	submounts_step(submounts, !blockdevs_is_idle(machine.devices), is_quiet);
}

static void begin(const char *cmdline)
{
	fake_context_begin(cmdline);
	assert_int_equal(submounts_new(&fake_context, &mounting, on_missing, NULL, &submounts), 0);
	assert_int_equal(submounts_get_state(submounts), SUBMOUNTS_IDLE);
	submounts_begin(submounts, &root);
}

/* The root is mounted, and a worker has read its fstab. */
static void mount_root(const char *cmdline, const char *fstab)
{
	begin(cmdline);
	if (fake_config.fstab_enabled) {
		step(true);
		assert_int_equal(submounts_get_state(submounts), SUBMOUNTS_READING);
		assert_true(submounts_are_progressing(submounts));
		job_answer("fstab", 0, fstab);
	}
	step(false);
}

/* The kernel shows a disk; it is still to be read. */
static void show(const char *name, const char *content)
{
	disk_add(name, str_equal(name, "sda") ? "8:0" : "8:16", content, NULL);
	send_block_uevent("add", name);
}

static void plug(const char *name, const char *content)
{
	show(name, content);
	probe_answer_all();
	if (submounts)
		step(false);
}

static void unplug(const char *name)
{
	_cleanup_free_ char *path = str_format("class/block/%s", name);

	sysfs_set(path, NULL);
	send_block_uevent("remove", name);
	step(false);
}

/* One after the other, with the clock running or not. */
static void pass_seconds(unsigned int seconds, bool is_running)
{
	struct patience *patience;

	submounts_let_time_run(submounts, is_running);
	for (unsigned int i = 0; i < seconds; i++) {
		list_for_each(patience, &patiences, link) {
			if (!patience->is_running || patience->left_usec == 0)
				continue;
			patience->left_usec -= USEC_PER_SEC;
			if (patience->left_usec == 0)
				patience->on_over(patience->userdata);
		}
		step(false);
		submounts_let_time_run(submounts, is_running);
	}
}

static void answer_mount(const char *path, int result, const char *text)
{
	job_answer(path, result, text);
	step(false);
}

static void expect_state(enum submounts_state state)
{
	assert_int_equal(submounts_get_state(submounts), state);
}

static void expect_awaited(const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	submounts_describe(submounts, &text);
	assert_string_equal(strbuf_string(&text), expected);
}

/* What was asked of workers, without the probes. */
static void expect_jobs(const char *expected)
{
	assert_string_equal(strbuf_string(&machine.jobs), expected);
	strbuf_done(&machine.jobs);
}

static void test_nothing(void **state)
{
	mount_root("", "");
	expect_state(SUBMOUNTS_DONE);
	expect_jobs("fstab /sysroot\n");
	expect_no_message();
}

static void test_fstab_is_switched_off(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rd.fstab=0", "");
	expect_state(SUBMOUNTS_DONE);
	expect_jobs("");
}

static void test_no_fstab(void **state)
{
	begin("");
	job_answer("fstab", -ENOENT, "");
	step(false);
	expect_state(SUBMOUNTS_DONE);
	expect_no_message();
}

static void test_fstab_that_cannot_be_read(void **state)
{
	begin("");
	job_answer("fstab", -EIO, "");
	step(false);
	expect_state(SUBMOUNTS_DONE);
	expect_message("cannot read the root's fstab, going on as if it named nothing");
}

/* So that the volumes that they may be in can be opened; and no others. */
static void test_missing_devices_are_told(void **state)
{
	mount_root("", USR "LABEL=home /home ext4 defaults\n" VAR DATA);
	assert_string_equal(strbuf_string(&missing), "LABEL=data UUID=1 /dev/sdb ");
}

static void test_device_before_the_root(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("", USR);
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr ext4 ro\n");
	expect_awaited("/dev/sda to be mounted");
	assert_true(submounts_are_progressing(submounts));
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
	expect_message("mounted /dev/sda on /usr as ext4");
}

static void test_device_after_the_root(void **state)
{
	mount_root("rw", USR);
	step(true);
	expect_state(SUBMOUNTS_MOUNTING);
	expect_awaited("UUID=1, which /usr is on");
	assert_false(submounts_are_progressing(submounts));
	expect_jobs("fstab /sysroot\n");
	plug("sdb", "TYPE=ext4|UUID=2");
	expect_jobs("");
	plug("sda", "TYPE=ext4|UUID=1");
	expect_jobs("mount /dev/sda /usr ext4 rw\n");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_type_is_found_out(void **state)
{
	plug("sda", "TYPE=xfs|UUID=1");
	mount_root("mount.usr=UUID=1", "");
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr xfs ro\n");
	answer_mount("/usr", 0, "xfs");
	expect_state(SUBMOUNTS_DONE);
}

/* Gone while its driver is being loaded, and back under another name. */
static void test_device_goes_before_it_is_mounted(void **state)
{
	modules_are_settled = false;
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	expect_awaited("the file-system driver of /dev/sda");
	assert_false(submounts_are_progressing(submounts));
	unplug("sda");
	expect_awaited("UUID=1, which /usr is on");
	expect_message("/dev/sda, which /usr is on, is gone, waiting for it to come back");
	modules_are_settled = true;
	plug("sdb", "TYPE=ext4|UUID=1");
	expect_jobs("fstab /sysroot\nmount /dev/sdb /usr ext4 rw\n");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

/* Being read once more it is still there. */
static void test_device_changes_before_it_is_mounted(void **state)
{
	modules_are_settled = false;
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	send_block_uevent("change", "sda");
	step(false);
	expect_awaited("the file-system driver of /dev/sda");
	expect_no_message();
	probe_answer_all();
	modules_are_settled = true;
	step(false);
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr ext4 rw\n");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_device_goes_while_it_is_mounted(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	unplug("sda");
	expect_state(SUBMOUNTS_MOUNTING);
	answer_mount("/usr", -EIO, "cannot mount /dev/sda on /usr");
	expect_state(SUBMOUNTS_MOUNTING);
	expect_awaited("UUID=1, which /usr is on");
	plug("sda", "TYPE=ext4|UUID=1");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

/* No event follows that would remind of it. */
static void test_device_is_back_before_the_mount_fails(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	unplug("sda");
	plug("sdb", "TYPE=ext4|UUID=1");
	answer_mount("/usr", -EIO, "cannot mount /dev/sda on /usr");
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr ext4 rw\nmount /dev/sdb /usr ext4 rw\n");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

/* Too late to matter. */
static void test_device_goes_when_it_was_mounted(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR VAR);
	unplug("sda");
	answer_mount("/usr", 0, "ext4");
	expect_awaited("/dev/sdb, which /var is on");
	plug("sdb", "TYPE=ext4");
	answer_mount("/var", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_cannot_be_mounted(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	answer_mount("/usr", -EINVAL, "cannot mount /dev/sda on /usr: it is broken");
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts),
			    "cannot mount /dev/sda on /usr: it is broken");
}

static void test_cannot_be_mounted_and_need_not_be(void **state)
{
	plug("sda", "TYPE=ext4|LABEL=data");
	mount_root("rw", DATA);
	answer_mount("/data", -EINVAL, "cannot mount /dev/sda on /data: it is broken");
	expect_state(SUBMOUNTS_DONE);
	expect_message("it is broken; going on without /data as fstab says nofail");
}

static void test_never_comes(void **state)
{
	mount_root("rw", USR DATA);
	step(true);
	expect_awaited("LABEL=data, which /data is on, UUID=1, which /usr is on");
	submounts_give_up(submounts);
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts),
			    "UUID=1, which /usr is on, did not appear in time");
}

#define IN_TIME "did not appear in the time that x-systemd.device-timeout= gives it"

static void test_device_has_a_time_of_its_own(void **state)
{
	mount_root("rw", SLOW);
	pass_seconds(4, true);
	pass_seconds(100, false);
	expect_state(SUBMOUNTS_MOUNTING);
	pass_seconds(1, true);
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts), "UUID=1, which /usr is on, " IN_TIME);
}

static void test_device_that_need_not_come_has_a_time(void **state)
{
	mount_root("rw", "UUID=2 /srv ext4 x-initrd.mount,nofail,x-systemd.device-timeout=5\n" USR);
	pass_seconds(5, true);
	expect_awaited("UUID=1, which /usr is on");
	expect_message("UUID=2, which /srv is on, " IN_TIME
		       ", going on without it as fstab says nofail");
	plug("sda", "TYPE=ext4|UUID=1");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_device_comes_in_its_time(void **state)
{
	modules_are_settled = false;
	mount_root("rw", SLOW);
	pass_seconds(4, true);
	plug("sda", "TYPE=ext4|UUID=1");
	pass_seconds(100, true);
	expect_awaited("the file-system driver of /dev/sda");
	modules_are_settled = true;
	step(false);
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

/* It has all of its time once more. */
static void test_device_goes_and_has_its_time_again(void **state)
{
	modules_are_settled = false;
	mount_root("rw", SLOW);
	pass_seconds(4, true);
	plug("sda", "TYPE=ext4|UUID=1");
	unplug("sda");
	pass_seconds(4, true);
	expect_state(SUBMOUNTS_MOUNTING);
	pass_seconds(1, true);
	expect_state(SUBMOUNTS_FAILED);
}

static void test_driver_never_comes(void **state)
{
	modules_are_settled = false;
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	submounts_give_up(submounts);
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts),
			    "UUID=1, which /usr is on, did not get its driver in time");
}

/* What need not be there is waited for as long as anything else is, and no longer. */
static void test_need_not_come(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR DATA);
	step(true);
	expect_state(SUBMOUNTS_MOUNTING);
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_MOUNTING);
	recent_log_start();
	step(true);
	expect_state(SUBMOUNTS_DONE);
	expect_message("LABEL=data, which /data is on, is not there, going on without it as fstab "
		       "says nofail");
}

static void test_need_not_come_and_does(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR DATA);
	answer_mount("/usr", 0, "ext4");
	plug("sdc", "TYPE=ext4|LABEL=data");
	step(true);
	expect_state(SUBMOUNTS_MOUNTING);
	answer_mount("/data", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_volume_stays_closed(void **state)
{
	mount_root("rw", "/dev/mapper/cryptusr /usr ext4\n");
	expect_state(SUBMOUNTS_MOUNTING);
	fake_closed_volume = "cryptusr";
	step(false);
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts),
			    "/dev/mapper/cryptusr, which /usr is on, was not opened");
}

static void test_one_on_another(void **state)
{
	plug("sdc", "TYPE=ext4");
	mount_root("rw", "/dev/sdc /var/lib ext4 x-initrd.mount\n" VAR);
	expect_awaited("/dev/sdb, which /var is on, /dev/sdc, which /var/lib is on");
	plug("sdb", "TYPE=ext4");
	expect_jobs("fstab /sysroot\nmount /dev/sdb /var ext4 rw\n");
	answer_mount("/var", 0, "ext4");
	expect_jobs("mount /dev/sdc /var/lib ext4 rw\n");
	answer_mount("/var/lib", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_one_on_another_that_is_not_there(void **state)
{
	plug("sdc", "TYPE=ext4");
	mount_root("rw", "/dev/sdc /data/x ext4 x-initrd.mount,nofail\n" DATA);
	step(true);
	expect_state(SUBMOUNTS_DONE);
	assert_non_null(strstr(recent_log(), "/dev/sdc, which /data/x is on, lies on what could "
					     "not be mounted, going on without it"));
}

static void test_bind(void **state)
{
	mount_root("rw", "/data/usr /usr none bind\n/dev/sdb /data ext4 x-initrd.mount\n");
	expect_jobs("fstab /sysroot\n");
	plug("sdb", "TYPE=ext4");
	answer_mount("/data", 0, "ext4");
	expect_jobs("mount /dev/sdb /data ext4 rw\nmount /data/usr /usr bind\n");
	answer_mount("/usr", 0, "");
	expect_state(SUBMOUNTS_DONE);
}

/* No order can do that. */
static void test_circle(void **state)
{
	mount_root("rw", "/b/x /a none bind,x-initrd.mount\n/a/x /b none bind,x-initrd.mount\n");
	expect_state(SUBMOUNTS_DONE);
	expect_message("the mounts on /a, /b wait for each other, leaving them to the real init");
}

/* What must be there waits for nothing but what need not: that is missed, and then the former. */
static void test_needed_on_what_need_not_come(void **state)
{
	plug("sdc", "TYPE=ext4");
	mount_root("rw", "/dev/sdc /data/x ext4 x-initrd.mount\n" DATA);
	expect_state(SUBMOUNTS_MOUNTING);
	step(true);
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts),
			    "/dev/sdc, which /data/x is on, lies on what could not be mounted");
}

/* No event follows after which the rest could be settled. */
static void test_all_is_settled_in_one_step(void **state)
{
	plug("sdb", "TYPE=ext4");
	mount_root("rw", VAR "LABEL=x /var/x ext4 x-initrd.mount,nofail\n"
			     "/z/a /a none bind,x-initrd.mount,nofail\n"
			     "LABEL=z /z ext4 x-initrd.mount,nofail\n");
	job_answer("/var", 0, "ext4");
	step(true);
	expect_state(SUBMOUNTS_DONE);
}

/* Whatever found it: no name but that of the device itself says where the root is. */
static void test_subvolume_of_the_root(void **state)
{
	mount_root("rw rootflags=subvol=a mount.usrflags=subvol=usr", "");
	expect_jobs("fstab /sysroot\nmount /dev/sdr /usr btrfs rw\n");
	answer_mount("/usr", 0, "btrfs");
	expect_state(SUBMOUNTS_DONE);
}

static void test_without_a_device(void **state)
{
	mount_root("rw", "host /usr virtiofs ro\ntmpfs /var tmpfs x-initrd.mount\n");
	expect_jobs("fstab /sysroot\nmount host /usr virtiofs ro\nmount tmpfs /var tmpfs rw\n");
	answer_mount("/usr", 0, "virtiofs");
	answer_mount("/var", 0, "tmpfs");
	expect_state(SUBMOUNTS_DONE);
}

/* --- devices of one name --- */

struct disk {
	const char *name, *content;
	const char *below; /* "dm-0": it is built on this one */
};

struct several_row {
	const char *name, *fstab, *cmdline;
	struct disk disks[3];
	const char *expected; /* is mounted, or NULL */
	const char *said;
};

#define USR_ON_TWO                                                                                \
	"say the device of /usr is to be UUID=1, which several devices are: /dev/sda, /dev/sdb: " \
	"taking none of them, waiting until only one is left\n"

static const struct several_row several_rows[] = {
	{ "a clone",
	  USR,
	  "",
	  { { "sda", "TYPE=ext4|UUID=1", NULL }, { "sdb", "TYPE=ext4|UUID=1", NULL } },
	  NULL,
	  USR_ON_TWO },
	{ "a clone, and the boot disk is preferred",
	  USR,
	  "rd.root.duplicates=boot-disk",
	  { { "sdb", "TYPE=ext4|UUID=1", NULL },
	    { "sda", "TYPE=ext4|UUID=1|PARTUUID=esp|PARTDISK=8:0", NULL } },
	  "/dev/sda",
	  "" },
	{ "a clone of what need not be there",
	  "LABEL=data /data ext4 x-initrd.mount,nofail\n",
	  "",
	  { { "sda", "TYPE=ext4|LABEL=data", NULL }, { "sdb", "TYPE=xfs|LABEL=data", NULL } },
	  NULL,
	  "say the device of /data is to be LABEL=data, which several devices are: /dev/sda, "
	  "/dev/sdb: taking none of them, waiting until only one is left\n" },
	{ "of mount.usr=",
	  "",
	  "mount.usr=UUID=1",
	  { { "sda", "TYPE=ext4|UUID=1", NULL }, { "sdb", "TYPE=ext4|UUID=1", NULL } },
	  NULL,
	  USR_ON_TWO },
	{ "a mapping on a disk",
	  USR,
	  "",
	  { { "sda", "TYPE=ext4|UUID=1", "dm-0" }, { "dm-0", "TYPE=ext4|UUID=1", NULL } },
	  "/dev/dm-0",
	  "" },
	{ "a mapping on two disks",
	  USR,
	  "",
	  { { "sda", "TYPE=ext4|UUID=1", "dm-0" },
	    { "dm-0", "TYPE=ext4|UUID=1", NULL },
	    { "sdb", "TYPE=ext4|UUID=1", "dm-0" } },
	  "/dev/dm-0",
	  "" },
	{ "a volume and what is in it",
	  "LABEL=usr /usr auto\n",
	  "",
	  { { "sda", "TYPE=crypto_LUKS|UUID=l|LABEL=usr", "dm-0" },
	    { "dm-0", "TYPE=ext4|UUID=1|LABEL=usr", NULL } },
	  "/dev/dm-0",
	  "" },
	{ "a node",
	  "/dev/sda /usr ext4\n",
	  "",
	  { { "sda", "TYPE=ext4|UUID=1", NULL }, { "sdb", "TYPE=ext4|UUID=1", NULL } },
	  "/dev/sda",
	  "" },
	{ "two file systems in one",
	  "/dev/sda /usr auto\n",
	  "",
	  { { "sda", "TYPE=vfat|UUID=v|TYPE=ext4|UUID=1", NULL } },
	  NULL,
	  "say the device of /usr holds more than one file system, and fstab does not say which is "
	  "meant, waiting for another: /dev/sda: TYPE=\"vfat\" UUID=\"v\" or TYPE=\"ext4\" "
	  "UUID=\"1\"\n" },
	{ "two file systems in one, and a type",
	  "/dev/sda /usr ext4\n",
	  "",
	  { { "sda", "TYPE=vfat|UUID=v|TYPE=ext4|UUID=1", NULL } },
	  "/dev/sda",
	  "" },
};

static void plug_disk(const struct disk *disk)
{
	if (disk->below) {
		_cleanup_free_ char *holder =
			str_format("class/block/%s/holders/%s/dev", disk->name, disk->below);

		sysfs_set(holder, "253:0");
	}
	plug(disk->name, disk->content);
}

static void expect_outcome(const struct several_row *row)
{
	bool is_nofail = strstr(row->fstab, "nofail");

	assert_actions_but_probes(row->said);
	assert_int_equal(submounts_are_in_doubt(submounts), *row->said != '\0');
	if (row->expected) {
		_cleanup_free_ char *mount = str_format("mount %s /usr ", row->expected);

		assert_non_null(strstr(strbuf_string(&machine.jobs), mount));
		answer_mount("/usr", 0, "ext4");
		expect_state(SUBMOUNTS_DONE);
		return;
	}
	assert_null(strstr(strbuf_string(&machine.jobs), "mount"));
	expect_state(SUBMOUNTS_MOUNTING);
	submounts_give_up(submounts);
	step(true);
	expect_state(is_nofail ? SUBMOUNTS_DONE : SUBMOUNTS_FAILED);
}

/* They are there when the root is mounted. */
static void chooses(void **state)
{
	const struct several_row *row = *state;

	(void)set_up(NULL);
	for (size_t i = 0; i < ARRAY_SIZE(row->disks) && row->disks[i].name; i++)
		plug_disk(&row->disks[i]);
	begin(row->cmdline);
	fake_boot_partition = "esp";
	job_answer("fstab", 0, row->fstab);
	step(false);
	expect_outcome(row);
	(void)tear_down(NULL);
}

static void test_why_none_was_taken(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	plug("sdb", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	expect_awaited("UUID=1, which /usr is on");
	submounts_give_up(submounts);
	expect_state(SUBMOUNTS_FAILED);
	assert_string_equal(submounts_get_reason(submounts),
			    "UUID=1, which /usr is on, is the name of several devices: /dev/sda, "
			    "/dev/sdb");
}

/* What need not be there does not keep the others once nothing can change any more. */
static void test_clones_of_what_need_not_be_there(void **state)
{
	plug("sda", "TYPE=ext4|LABEL=data");
	plug("sdb", "TYPE=ext4|LABEL=data");
	mount_root("rw", DATA);
	expect_state(SUBMOUNTS_MOUNTING);
	step(true);
	expect_state(SUBMOUNTS_DONE);
	expect_message("LABEL=data, which /data is on, is the name of several devices: /dev/sda, "
		       "/dev/sdb, going on without it as fstab says nofail");
}

/* Both are shown from the beginning: the first is not mounted before the second is read. */
static void test_second_is_still_to_be_read(void **state)
{
	mount_root("rw", USR);
	show("sda", "TYPE=ext4|UUID=1");
	show("sdb", "TYPE=ext4|UUID=1");
	probe_answer(list_first(&machine.probes, struct pool_job, link), false);
	step(false);
	step(false);
	expect_awaited("the file-system driver of /dev/sda");
	probe_answer_all();
	step(false);
	assert_actions_but_probes(USR_ON_TWO);
	unplug("sda");
	expect_jobs("fstab /sysroot\nmount /dev/sdb /usr ext4 rw\n");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_slow_disk_is_not_awaited_for_long(void **state)
{
	mount_root("rw", USR);
	show("sda", "TYPE=ext4|UUID=1");
	show("sdb", "TYPE=ext4|UUID=1");
	probe_answer(list_first(&machine.probes, struct pool_job, link), false);
	step(false);
	fake_context_timers_run_out();
	step(false);
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr ext4 rw\n");
	probe_answer_all();
	expect_message("/dev/sdb is also UUID=1, which /usr is on, but comes too late: going on "
		       "with /dev/sda");
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

/* A mapping that appears on it takes its place, until it is being mounted. */
static void test_higher_layer_comes_later(void **state)
{
	modules_are_settled = false;
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	expect_awaited("the file-system driver of /dev/sda");
	sysfs_set("class/block/sda/holders/dm-0/dev", "253:0");
	plug("dm-0", "TYPE=ext4|UUID=1");
	expect_awaited("the file-system driver of /dev/dm-0");
	modules_are_settled = true;
	step(false);
	expect_jobs("fstab /sysroot\nmount /dev/dm-0 /usr ext4 rw\n");
	answer_mount("/usr", 0, "ext4");
}

/* An entry that names a LUKS volume means what is in it. */
static void test_volume(void **state)
{
	plug("sda", "TYPE=crypto_LUKS|UUID=l");
	mount_root("rw", "UUID=l /var/lib ext4 x-initrd.mount\n");
	assert_actions_but_probes("volume l on /dev/sda as var-lib\n");
	assert_string_equal(strbuf_string(&missing), "");
	sysfs_set("class/block/dm-0/dm/name", "var-lib");
	sysfs_set("class/block/dm-0/dm/suspended", "0");
	sysfs_set("class/block/sda/holders/dm-0/dev", "253:0");
	plug("dm-0", "TYPE=ext4|UUID=1");
	expect_jobs("fstab /sysroot\nmount /dev/mapper/var-lib /var/lib ext4 rw\n");
	answer_mount("/var/lib", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

/* The command line is known before the devices, so that they are read once. */
static void test_names_of_udev_on_the_command_line(void **state)
{
	begin("mount.usr=/dev/disk/by-path/pci-1");
	disk_set("sda", "TYPE=ext4|BYPATH=pci-1");
	plug("sda", "TYPE=ext4|BYPATH=pci-1");
	strbuf_done(&machine.actions);
	job_answer("fstab", 0, "");
	step(false);
	assert_actions("");
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr ext4 ro\n");
	answer_mount("/usr", 0, "ext4");
}

/* They are read only when somebody wants to know them. */
static void test_names_of_udev(void **state)
{
	plug("sda", "TYPE=ext4");
	disk_set("sda", "TYPE=ext4|BYID=ata-x");
	mount_root("rw", "/dev/disk/by-id/ata-x /usr ext4\n");
	expect_state(SUBMOUNTS_MOUNTING);
	probe_answer_all();
	step(false);
	answer_mount("/usr", 0, "ext4");
	expect_state(SUBMOUNTS_DONE);
}

static void test_unknown_content(void **state)
{
	plug("sda", "");
	mount_root("rw", "/dev/sda /usr auto\n");
	expect_jobs("fstab /sysroot\nmount /dev/sda /usr auto rw\n");
	answer_mount("/usr", 0, "hfsplus");
	expect_state(SUBMOUNTS_DONE);
}

static void test_freed_while_fstab_is_read(void **state)
{
	begin("");
	submounts = submounts_free(submounts);
	assert_true(list_is_empty(&machine.others));
}

static void test_given_up_meanwhile(void **state)
{
	plug("sda", "TYPE=ext4|UUID=1");
	mount_root("rw", USR);
	submounts_abandon(submounts);
	assert_true(list_is_empty(&machine.others));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_nothing);
	TEST(&list, test_fstab_is_switched_off);
	TEST(&list, test_no_fstab);
	TEST(&list, test_fstab_that_cannot_be_read);
	TEST(&list, test_missing_devices_are_told);
	TEST(&list, test_device_before_the_root);
	TEST(&list, test_device_after_the_root);
	TEST(&list, test_type_is_found_out);
	TEST(&list, test_device_goes_before_it_is_mounted);
	TEST(&list, test_device_changes_before_it_is_mounted);
	TEST(&list, test_device_goes_while_it_is_mounted);
	TEST(&list, test_device_is_back_before_the_mount_fails);
	TEST(&list, test_device_goes_when_it_was_mounted);
	TEST(&list, test_cannot_be_mounted);
	TEST(&list, test_cannot_be_mounted_and_need_not_be);
	TEST(&list, test_never_comes);
	TEST(&list, test_device_has_a_time_of_its_own);
	TEST(&list, test_device_that_need_not_come_has_a_time);
	TEST(&list, test_device_comes_in_its_time);
	TEST(&list, test_device_goes_and_has_its_time_again);
	TEST(&list, test_driver_never_comes);
	TEST(&list, test_need_not_come);
	TEST(&list, test_need_not_come_and_does);
	TEST(&list, test_volume_stays_closed);
	TEST(&list, test_one_on_another);
	TEST(&list, test_one_on_another_that_is_not_there);
	TEST(&list, test_bind);
	TEST(&list, test_circle);
	TEST(&list, test_needed_on_what_need_not_come);
	TEST(&list, test_all_is_settled_in_one_step);
	TEST(&list, test_subvolume_of_the_root);
	TEST(&list, test_without_a_device);
	TEST(&list, test_why_none_was_taken);
	TEST(&list, test_clones_of_what_need_not_be_there);
	TEST(&list, test_second_is_still_to_be_read);
	TEST(&list, test_slow_disk_is_not_awaited_for_long);
	TEST(&list, test_higher_layer_comes_later);
	TEST(&list, test_volume);
	TEST(&list, test_names_of_udev_on_the_command_line);
	TEST(&list, test_names_of_udev);
	TEST(&list, test_unknown_content);
	TEST(&list, test_freed_while_fstab_is_read);
	TEST(&list, test_given_up_meanwhile);
	test_list_set_fixtures(&list, set_up, tear_down);
	/* These make a machine for each row. */
	TEST_ROWS(&list, chooses, several_rows);
	return test_list_run(&list);
}
