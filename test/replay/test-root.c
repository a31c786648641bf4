/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The root from the device that appears to the init that is in it, with workers that answer late.
 */
#include <errno.h>

#include "config/cmdline.h"
#include "harness.h"
#include "init/fs-mount.h"
#include "init/fsck.h"
#include "init/module-loader.h"
#include "init/root.h"
#include "recent-log.h"

void __wrap_module_loader_request(struct module_loader *loader, const char *alias);
bool __wrap_module_loader_is_settled(const struct module_loader *loader, const char *alias);

static struct boot_config config;
static struct root *root;
static bool modules_are_settled;

static const struct fsck_context no_checks = { .mode = FSCK_MODE_SKIP };
static const struct fs_mount_context mounting = { .fsck = &no_checks };

void __wrap_module_loader_request(struct module_loader *loader, const char *alias)
{
}

bool __wrap_module_loader_is_settled(const struct module_loader *loader, const char *alias)
{
	return modules_are_settled;
}

static int set_up(void **state)
{
	modules_are_settled = true;
	recent_log_start();
	return machine_set_up(state);
}

static int tear_down(void **state)
{
	root = root_free(root);
	boot_config_done(&config);
	return machine_tear_down(state);
}

static void begin(const char *cmdline)
{
	assert_int_equal(cmdline_parse(cmdline, &config), 0);
	assert_int_equal(root_new(&mounting, &config, &root), 0);
}

static void step(void)
{
	root_step(root, false);
}

static void answer(const char *job, int result, const char *text)
{
	job_answer(job, result, text);
	step();
}

static void expect_state(enum root_state state)
{
	assert_int_equal(root_get_state(root), state);
}

/* What was asked of workers. */
static void expect_jobs(const char *expected)
{
	assert_string_equal(strbuf_string(&machine.jobs), expected);
	strbuf_done(&machine.jobs);
}

static void test_from_the_device_to_the_init(void **state)
{
	begin("init=/bin/other");
	root_device_appeared(root, "/dev/sda", "ext4", false);
	root_step(root, true);
	expect_state(ROOT_PREPARING);
	step();
	expect_state(ROOT_MOUNTING);
	assert_false(root_is_mounted(root));
	answer("/", 0, "ext4");
	expect_state(ROOT_MOUNTED);
	assert_true(root_is_mounted(root));
	root_find_init(root);
	expect_state(ROOT_SEARCHED);
	answer("init", 0, "/bin/other");
	expect_state(ROOT_READY);
	assert_string_equal(root_get_init(root), "/bin/other");
	expect_jobs("mount /dev/sda / ext4 ro\ninit /bin/other\n");
}

static void test_type_whose_drivers_have_other_names(void **state)
{
	begin("");
	root_device_appeared(root, "/dev/sda", "ntfs", false);
	step();
	expect_jobs("mount /dev/sda / ntfs3,ntfs ro\n");
	answer("/", 0, "ntfs3");
}

static void test_no_init(void **state)
{
	begin("");
	root_device_appeared(root, "/dev/sda", "ext4", false);
	step();
	answer("/", 0, "ext4");
	root_find_init(root);
	answer("init", -ENOENT, "the root has no init");
	expect_state(ROOT_FAILED);
	assert_string_equal(root_get_reason(root), "the root has no init");
	assert_false(root_cannot_be_mounted(root));
}

/* Until its driver is there it may turn out to be another one. */
static void test_last_device_counts(void **state)
{
	begin("rw");
	modules_are_settled = false;
	root_device_appeared(root, "/dev/sda", "ext4", false);
	step();
	root_device_appeared(root, "/dev/sdb", "xfs", true);
	step();
	expect_state(ROOT_PREPARING);
	modules_are_settled = true;
	step();
	expect_jobs("mount /dev/sdb / xfs ro\n");
	answer("/", 0, "xfs");
}

static void test_device_goes_before_it_is_mounted(void **state)
{
	begin("");
	modules_are_settled = false;
	root_device_appeared(root, "/dev/sda", "ext4", false);
	step();
	root_device_removed(root, "/dev/sda");
	expect_state(ROOT_AWAITED);
	expect_message("the root device /dev/sda is gone, waiting for it to come back");
}

static void test_device_goes_while_it_is_mounted(void **state)
{
	begin("");
	root_device_appeared(root, "/dev/sda", "ext4", false);
	step();
	root_device_removed(root, "/dev/sda");
	expect_state(ROOT_MOUNTING);
	answer("/", -EIO, "cannot mount /dev/sda");
	expect_state(ROOT_AWAITED);
	root_device_appeared(root, "/dev/sdb", "ext4", false);
	step();
	answer("/", 0, "ext4");
	expect_state(ROOT_MOUNTED);
}

static void test_cannot_be_mounted(void **state)
{
	begin("");
	root_device_appeared(root, "/dev/sda", "ext4", false);
	step();
	answer("/", -EIO, "cannot mount /dev/sda");
	expect_state(ROOT_FAILED);
	assert_string_equal(root_get_reason(root), "cannot mount /dev/sda");
}

/* As with rootfallback=; why the first one failed says nothing of the second. */
static void test_another_device_for_one_that_cannot_be_mounted(void **state)
{
	begin("");
	root_device_appeared(root, "/dev/sda", "ext4", false);
	assert_false(root_cannot_be_mounted(root));
	step();
	answer("/", -EIO, "cannot mount /dev/sda");
	assert_true(root_cannot_be_mounted(root));
	root_begin_anew(root);
	expect_state(ROOT_AWAITED);
	assert_false(root_has_failed_once(root));
	root_device_appeared(root, "/dev/sdb", "ext4", false);
	step();
	expect_jobs("mount /dev/sda / ext4 ro\nmount /dev/sdb / ext4 ro\n");
	answer("/", 0, "ext4");
	expect_state(ROOT_MOUNTED);
}

/* A tag tells nothing of when its device comes. */
static void test_tag_that_comes_late(void **state)
{
	begin("root=virtiofs:x rootfstype=ext4");
	root_tag_appeared(root, "virtiofs", "x");
	step();
	answer("/", -EINVAL, "cannot mount x");
	expect_state(ROOT_AWAITED);
	assert_true(root_has_failed_once(root));
	root_tag_appeared(root, "virtiofs", "x");
	step();
	/* Another device comes, and this time it is not that of the tag. */
	root_tag_appeared(root, "virtiofs", "x");
	answer("/", -EINVAL, "cannot mount x");
	expect_state(ROOT_PREPARING);
	step();
	answer("/", 0, "virtiofs");
	expect_state(ROOT_MOUNTED);
	expect_jobs("mount x / virtiofs ro\nmount x / virtiofs ro\nmount x / virtiofs ro\n");
}

/* As with rootfallback=. */
static void test_device_in_the_place_of_a_tag(void **state)
{
	begin("root=virtiofs:x rootfstype=ext3,ext4");
	root_tag_appeared(root, "virtiofs", "x");
	step();
	answer("/", -EINVAL, "cannot mount x");
	root_device_appeared(root, "/dev/sda", "ext4", false);
	step();
	expect_jobs("mount x / virtiofs ro\nmount /dev/sda / ext3,ext4 ro\n");
	answer("/", -EIO, "cannot mount /dev/sda");
	expect_state(ROOT_FAILED);
	assert_string_equal(root_get_reason(root), "cannot mount /dev/sda");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_from_the_device_to_the_init);
	TEST(&list, test_type_whose_drivers_have_other_names);
	TEST(&list, test_no_init);
	TEST(&list, test_last_device_counts);
	TEST(&list, test_device_goes_before_it_is_mounted);
	TEST(&list, test_device_goes_while_it_is_mounted);
	TEST(&list, test_cannot_be_mounted);
	TEST(&list, test_another_device_for_one_that_cannot_be_mounted);
	TEST(&list, test_tag_that_comes_late);
	TEST(&list, test_device_in_the_place_of_a_tag);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
