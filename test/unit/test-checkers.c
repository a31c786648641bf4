/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --fsck, from a made-up root as Debian has it: one e2fsck with three names. */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "image/build/checkers.h"
#include "image/build/layout.h"
#include "image/host/host-needs.h"
#include "recent-log.h"
#include "support.h"

static struct tree tree;
static struct sysroot sysroot;
static struct elf_closure *programs;
static struct host host;
static size_t n_before;

static const char *in_root(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "root%s", name);
	return scratch_path(path);
}

static int set_up(void **state)
{
	static const char *const names[] = { "ext2", "ext3", "ext4" };

	remove_tree(scratch_path("root"));
	write_text(in_root("/sbin/e2fsck"), "e2fsck");
	write_text(in_root("/usr/sbin/fsck.vfat"), "vfat");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/sbin/fsck.%s", names[i]);
		assert_int_equal(symlink("e2fsck", in_root(path)), 0);
	}
	recent_log_start();
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(layout_add(&tree), 0);
	assert_int_equal(elf_closure_new(&tree, &sysroot, &programs), 0);
	n_before = tree.entries.n_entries;
	return 0;
}

static int tear_down(void **state)
{
	programs = elf_closure_free(programs);
	host_done(&host);
	sysroot_close(&sysroot);
	tree_done(&tree);
	return 0;
}

static void need(const char *type, const char *what)
{
	assert_int_equal(host_add_need(&host, HOST_NEED_FILESYSTEM, type, NULL, true,
				       "%s is an %s file system", what, type),
			 0);
}

static void add(enum build_mode mode, enum build_fsck fsck)
{
	const struct build_options options = { .mode = mode, .fsck = fsck };

	assert_int_equal(checkers_add(&tree, programs, &sysroot, &options, &host), 0);
}

static void expect_entry(const char *path, enum tree_kind kind, const char *why)
{
	const struct tree_entry *entry = tree_get(&tree, path);

	if (!entry)
		fail_msg("%s is not in the image", path);
	assert_int_equal(entry->kind, kind);
	assert_string_equal(entry->why, why);
}

static void expect_added(size_t n)
{
	assert_int_equal(tree.entries.n_entries - n_before, n);
}

static void test_for_the_host(void **state)
{
	need("ext4", "/");
	need("xfs", "/usr");
	add(BUILD_MODE_HOST, BUILD_FSCK_AUTO);
	expect_entry("/usr/sbin/fsck.ext4", TREE_FILE,
		     "checks before a mount: / is an ext4 file system");
	expect_added(1);
	expect_no_message();
}

static void test_one_program_for_two(void **state)
{
	const struct tree_entry *entry;

	need("ext4", "/");
	need("ext3", "/usr");
	add(BUILD_MODE_HOST, BUILD_FSCK_AUTO);
	entry = tree_get(&tree, "/usr/sbin/fsck.ext3");
	expect_entry("/usr/sbin/fsck.ext3", TREE_SYMLINK,
		     "checks before a mount: /usr is an ext3 file system");
	assert_string_equal(entry->source, "fsck.ext4");
	expect_added(2);
}

static void test_with_configuration(void **state)
{
	write_text(in_root("/etc/e2fsck.conf"), "[options]\n");
	need("ext4", "/");
	add(BUILD_MODE_HOST, BUILD_FSCK_AUTO);
	expect_entry("/etc/e2fsck.conf", TREE_FILE, "what fsck.ext4 reads");
}

static void test_not_installed(void **state)
{
	write_text(in_root("/etc/e2fsck.conf"), "[options]\n");
	need("f2fs", "/");
	add(BUILD_MODE_HOST, BUILD_FSCK_AUTO);
	expect_added(0);
	expect_message("/ is an f2fs file system, and there is no fsck.f2fs here to check it");
}

static void test_not_wanted(void **state)
{
	need("ext4", "/");
	add(BUILD_MODE_HOST, BUILD_FSCK_NO);
	expect_added(0);
}

static void test_generic(void **state)
{
	add(BUILD_MODE_GENERIC, BUILD_FSCK_AUTO);
	expect_added(0);
}

static void test_generic_when_asked_for(void **state)
{
	add(BUILD_MODE_GENERIC, BUILD_FSCK_YES);
	expect_entry("/usr/sbin/fsck.ext4", TREE_FILE,
		     "checks file systems before they are mounted");
	expect_entry("/usr/sbin/fsck.ext2", TREE_SYMLINK,
		     "checks file systems before they are mounted");
	expect_entry("/usr/sbin/fsck.vfat", TREE_FILE,
		     "checks file systems before they are mounted");
	expect_added(4);
	expect_no_message();
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_for_the_host);
	TEST(&list, test_one_program_for_two);
	TEST(&list, test_with_configuration);
	TEST(&list, test_not_installed);
	TEST(&list, test_not_wanted);
	TEST(&list, test_generic);
	TEST(&list, test_generic_when_asked_for);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
