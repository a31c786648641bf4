/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which kernel is meant, by version, directory and root, each said or not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/modules/kernel.h"
#include "recent-log.h"
#include "support.h"

static struct sysroot sysroot;
static char real_scratch[4096];

static void add_kernel(const char *dir)
{
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/modules.dep.bin", dir);
	write_text(scratch_path(path), "");
}

static int set_up(void **state)
{
	remove_tree(scratch_path("one"));
	remove_tree(scratch_path("two"));
	remove_tree(scratch_path("none"));
	add_kernel("one/lib/modules/6.1");
	write_text(scratch_path("one/lib/modules/6.2/modules.order"), "");
	write_text(scratch_path("one/lib/modules/.hidden/modules.dep.bin"), "");
	write_text(scratch_path("one/lib/modules/a-file"), "");
	add_kernel("two/lib/modules/6.1");
	add_kernel("two/lib/modules/6.12");
	write_text(scratch_path("none/etc/hostname"), "");
	assert_non_null(realpath(scratch_directory(), real_scratch));
	recent_log_start();
	sysroot = SYSROOT_NONE;
	return 0;
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return 0;
}

struct row {
	const char *name;
	const char *root; /* NULL: the machine's own */
	const char *kver, *modules_dir;
	const char *found_kver, *found_dir; /* the latter below the scratch directory */
	int error;
	const char *message;
};

#define ONE "one/lib/modules"
#define TWO "two/lib/modules"

static const struct row rows[] = {
	{ "the only kernel of a root", "one", NULL, NULL, "6.1", ONE "/6.1", 0, NULL },
	{ "version, in a root", "two", "6.12", NULL, "6.12", TWO "/6.12", 0, NULL },
	{ "several kernels of a root", "two", NULL, NULL, NULL, NULL, -EINVAL,
	  "has the modules of several kernels; say which with --kver: 6.1, 6.12" },
	{ "root without modules", "none", NULL, NULL, NULL, NULL, -ENOENT,
	  "cannot read the modules directory" },
	{ "version that a root does not have", "two", "6.5", NULL, NULL, NULL, -ENOENT,
	  "there are no modules of kernel 6.5: " },
	{ "version, in a root without modules", "none", "6.5", NULL, NULL, NULL, -ENOENT,
	  "none/lib/modules is not there; install that kernel's package, or say" },
	{ "version without indexes", "one", "6.2", NULL, NULL, NULL, -ENOENT,
	  "6.2 has no modules.dep.bin; if the modules are there, run depmod" },
	{ "directory of modules itself", NULL, NULL, TWO "/6.12", "6.12", TWO "/6.12", 0, NULL },
	{ "directory of modules itself, slash at the end", NULL, NULL, TWO "/6.12/", "6.12",
	  TWO "/6.12", 0, NULL },
	{ "directory of modules and its version", NULL, "6.12", TWO "/6.12", "6.12", TWO "/6.12", 0,
	  NULL },
	{ "directory of another version", NULL, "6.1", TWO "/6.12", NULL, NULL, -EINVAL,
	  "6.12 is for another kernel than --kver 6.1" },
	{ "directory above one kernel", NULL, NULL, ONE, "6.1", ONE "/6.1", 0, NULL },
	{ "directory above several", NULL, NULL, TWO, NULL, NULL, -EINVAL,
	  "has the modules of several kernels; say which with --kver" },
	{ "directory above, and a version", NULL, "6.1", TWO, "6.1", TWO "/6.1", 0, NULL },
	{ "directory above, and a version that is not in it", NULL, "6.5", TWO, NULL, NULL, -ENOENT,
	  "--modules-dir; those with modules here: 6.1, 6.12" },
	{ "directory above nothing", NULL, NULL, "none/etc", NULL, NULL, -ENOENT,
	  "has a modules.dep.bin; if the modules are there, run depmod" },
	{ "directory that is not there", NULL, NULL, "nowhere", NULL, NULL, -ENOENT,
	  "cannot read the modules directory" },
	{ "directory that is not there, and a version", NULL, "6.1", "nowhere", NULL, NULL, -ENOENT,
	  "there are no modules of kernel 6.1, as " },
	{ "directory that is a file", NULL, NULL, "one/lib/modules/a-file", NULL, NULL, -ENOTDIR,
	  "cannot read the modules directory" },
	{ "directory counts more than the root", "one", NULL, TWO "/6.12", "6.12", TWO "/6.12", 0,
	  NULL },
};

static void check(const struct row *row, const char *modules_dir)
{
	_cleanup_kernel_ struct kernel kernel = { 0 };
	_cleanup_free_ char *expected = NULL;

	assert_int_equal(sysroot_open(row->root ? scratch_path(row->root) : NULL, &sysroot), 0);
	assert_int_equal(kernel_locate(row->kver, modules_dir, &sysroot, &kernel), row->error);
	if (row->error) {
		expect_message(row->message);
		assert_null(kernel.kver);
		return;
	}
	expect_no_message();
	assert_string_equal(kernel.kver, row->found_kver);
	expected = str_format("%s/%s", real_scratch, row->found_dir);
	assert_non_null(expected);
	assert_string_equal(kernel.modules_dir, expected);
}

static void test_locate(void **state)
{
	const struct row *row = *state;

	check(row, row->modules_dir ? scratch_path(row->modules_dir) : NULL);
}

static void test_relative_directory(void **state)
{
	static const struct row row = {
		.found_kver = "6.1",
		.found_dir = ONE "/6.1",
	};

	assert_int_equal(chdir(scratch_path("one/lib")), 0);
	check(&row, "modules/6.1");
	assert_int_equal(chdir("/"), 0);
}

/* The kernel's name is that of the real directory, as depmod and modprobe have it. */
static void test_link_to_a_directory(void **state)
{
	static const struct row row = {
		.found_kver = "6.12",
		.found_dir = TWO "/6.12",
	};

	assert_int_equal(symlink("6.12", scratch_path(TWO "/current")), 0);
	check(&row, scratch_path(TWO "/current"));
}

/* A root's links lead where they would after a chroot. */
static void test_root_with_a_merged_usr(void **state)
{
	static const struct row row = {
		.root = "one",
		.found_kver = "6.12",
		.found_dir = "one/usr/lib/modules/6.12",
	};

	remove_tree(scratch_path("one"));
	add_kernel("one/usr/lib/modules/6.12");
	assert_int_equal(symlink("/usr/lib", scratch_path("one/lib")), 0);
	check(&row, NULL);
}

static void test_running_kernel(void **state)
{
	_cleanup_kernel_ struct kernel kernel = { 0 };
	_cleanup_free_ char *index = NULL;
	struct utsname running;
	int r;

	assert_int_equal(uname(&running), 0);
	index = str_format("/lib/modules/%s/modules.dep.bin", running.release);
	assert_int_equal(sysroot_open(NULL, &sysroot), 0);
	r = kernel_locate(NULL, NULL, &sysroot, &kernel);
	if (access(index, F_OK) == 0) {
		assert_int_equal(r, 0);
		assert_string_equal(kernel.kver, running.release);
	} else {
		assert_int_equal(r, -ENOENT);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_locate, rows);
	TEST(&list, test_relative_directory);
	TEST(&list, test_link_to_a_directory);
	TEST(&list, test_root_with_a_merged_usr);
	TEST(&list, test_running_kernel);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
