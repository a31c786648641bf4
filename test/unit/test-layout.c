/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "image/build/layout.h"
#include "kindling/image-layout.h"
#include "recent-log.h"
#include "support.h"

struct row {
	const char *name; /* the path */
	mode_t mode;
	const char *target; /* of a link */
	unsigned int major, minor;
};

static const struct row rows[] = {
	{ "/dev", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/etc", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/proc", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/run", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/sys", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/sysroot", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/tmp", S_IFDIR | 01777, NULL, 0, 0 },
	{ "/usr/bin", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/usr/sbin", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/usr/lib", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/usr/lib64", S_IFDIR | 0755, NULL, 0, 0 },
	{ "/bin", S_IFLNK | 0777, "usr/bin", 0, 0 },
	{ "/sbin", S_IFLNK | 0777, "usr/sbin", 0, 0 },
	{ "/lib", S_IFLNK | 0777, "usr/lib", 0, 0 },
	{ "/lib64", S_IFLNK | 0777, "usr/lib64", 0, 0 },
	{ "/dev/console", S_IFCHR | 0600, NULL, 5, 1 },
	{ "/dev/null", S_IFCHR | 0666, NULL, 1, 3 },
	{ "/etc/initrd-release", S_IFREG | 0644, NULL, 0, 0 },
	{ "/etc/os-release", S_IFLNK | 0777, "initrd-release", 0, 0 },
	/* What the kernel calls, unless told otherwise by /proc/sys/kernel/modprobe. */
	{ "/sbin/modprobe", S_IFLNK | 0777, "/init", 0, 0 },
};

static struct tree tree;

static int set_up(void **state)
{
	recent_log_start();
	return 0;
}

static int tear_down(void **state)
{
	tree_done(&tree);
	return 0;
}

static void test_path(void **state)
{
	const struct row *row = *state;
	const struct tree_entry *entry;

	assert_int_equal(layout_add(&tree), 0);
	entry = tree_get(&tree, row->name);
	assert_non_null(entry);
	assert_int_equal(entry->mode, row->mode);
	assert_true(entry->rdev == makedev(row->major, row->minor));
	if (row->target)
		assert_string_equal(entry->source, row->target);
}

/* Every path above is really there, whichever is a link, and nothing else but what they are in. */
static void test_nothing_else(void **state)
{
	assert_int_equal(layout_add(&tree), 0);
	assert_int_equal(tree.entries.n_entries, ARRAY_SIZE(rows) + 1);
	assert_non_null(tree_get(&tree, "/usr"));
	expect_no_message();
}

/* systemd and others take the lines for shell assignments. */
static void test_release(void **state)
{
	const struct tree_entry *entry;
	char text[512] = "";

	assert_int_equal(layout_add(&tree), 0);
	entry = tree_get(&tree, IMAGE_INITRD_RELEASE);
	assert_true(entry && entry->size < sizeof(text));
	memcpy(text, entry->source, entry->size);
	assert_non_null(strstr(text, "\nID=kindling\n"));
	assert_non_null(strstr(text, "\nVERSION_ID=\""));
	assert_true(str_has_suffix(text, "(initramfs)\"\n"));
}

static void test_place_is_taken(void **state)
{
	assert_int_equal(tree_add_data(&tree, "/lib", 0644, "", 0, "x"), 0);
	assert_int_equal(layout_add(&tree), -EEXIST);
	expect_message("cannot lay out the image, giving up");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_path, rows);
	TEST(&list, test_nothing_else);
	TEST(&list, test_release);
	TEST(&list, test_place_is_taken);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
