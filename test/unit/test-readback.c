/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An image made by hand, held against what should be in it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/strbuf.h"
#include "image/checksum.h"
#include "image/writer/readback.h"
#include "newc.h"
#include "recent-log.h"
#include "support.h"

/* One thing that is wrong in the image, or nothing. */
struct row {
	const char *name;
	struct newc_member file, link, node, directory; /* instead of those below, unless unnamed */
	struct newc_member extra;                       /* besides those, if named */
	const char *differs_at;                         /* NULL: nowhere */
	bool lacks_file;
};

#define FILE_MEMBER                                                         \
	{                                                                   \
		.name = "d/f", .mode = S_IFREG | 0600, .content = "content" \
	}
#define LINK_MEMBER                                                   \
	{                                                             \
		.name = "l", .mode = S_IFLNK | 0777, .content = "d/f" \
	}
#define NODE_MEMBER                                                                   \
	{                                                                             \
		.name = "n", .mode = S_IFCHR | 0600, .rdev_major = 5, .rdev_minor = 1 \
	}
#define DIRECTORY_MEMBER                            \
	{                                           \
		.name = "d", .mode = S_IFDIR | 0755 \
	}

static const struct row rows[] = {
	{ .name = "equal" },
	{ .name = "mode of a file",
	  .file = { .name = "d/f", .mode = S_IFREG | 0644, .content = "content" },
	  .differs_at = "/d/f" },
	{ .name = "set-user-id",
	  .file = { .name = "d/f", .mode = S_IFREG | 04600, .content = "content" },
	  .differs_at = "/d/f" },
	{ .name = "shorter",
	  .file = { .name = "d/f", .mode = S_IFREG | 0600, .content = "conten" },
	  .differs_at = "/d/f" },
	{ .name = "longer",
	  .file = { .name = "d/f", .mode = S_IFREG | 0600, .content = "content!" },
	  .differs_at = "/d/f" },
	{ .name = "empty",
	  .file = { .name = "d/f", .mode = S_IFREG | 0600, .content = "" },
	  .differs_at = "/d/f" },
	{ .name = "other content",
	  .file = { .name = "d/f", .mode = S_IFREG | 0600, .content = "contenu" },
	  .differs_at = "/d/f" },
	{ .name = "file elsewhere",
	  .file = { .name = "d/g", .mode = S_IFREG | 0600, .content = "content" },
	  .differs_at = "/d/f" },
	{ .name = "file is a directory",
	  .file = { .name = "d/f", .mode = S_IFDIR | 0600 },
	  .differs_at = "/d/f" },
	{ .name = "file is missing", .lacks_file = true, .differs_at = "/d/f" },
	{ .name = "other target",
	  .link = { .name = "l", .mode = S_IFLNK | 0777, .content = "d/g" },
	  .differs_at = "/l" },
	{ .name = "link is a file",
	  .link = { .name = "l", .mode = S_IFREG | 0777, .content = "d/f" },
	  .differs_at = "/l" },
	{ .name = "other device",
	  .node = { .name = "n", .mode = S_IFCHR | 0600, .rdev_major = 5, .rdev_minor = 2 },
	  .differs_at = "/n" },
	{ .name = "device of another kind",
	  .node = { .name = "n", .mode = S_IFBLK | 0600, .rdev_major = 5, .rdev_minor = 1 },
	  .differs_at = "/n" },
	{ .name = "mode of a directory",
	  .directory = { .name = "d", .mode = S_IFDIR | 0700 },
	  .differs_at = "/d" },
	{ .name = "file too many",
	  .extra = { .name = "d/x", .mode = S_IFREG | 0600, .content = "content" },
	  .differs_at = "/d/x" },
	{ .name = "directory too many",
	  .extra = { .name = "x", .mode = S_IFDIR | 0755 },
	  .differs_at = "/x" },
	{ .name = "hard link too many",
	  .file = { .name = "d/f",
		    .mode = S_IFREG | 0600,
		    .content = "content",
		    .inode = 7,
		    .nlink = 2 },
	  .extra = { .name = "d/x", .mode = S_IFREG | 0600, .inode = 7, .nlink = 2 },
	  .differs_at = "/d/x" },
};

static void load(const struct row *row, struct contents *ret_contents)
{
	static const struct newc_member file = FILE_MEMBER, link = LINK_MEMBER, node = NODE_MEMBER,
					directory = DIRECTORY_MEMBER;
	_cleanup_strbuf_ struct strbuf archive = { 0 };

	newc_add(&archive, row->directory.name ? &row->directory : &directory);
	if (!row->lacks_file)
		newc_add(&archive, row->file.name ? &row->file : &file);
	newc_add(&archive, row->link.name ? &row->link : &link);
	newc_add(&archive, row->node.name ? &row->node : &node);
	if (row->extra.name)
		newc_add(&archive, &row->extra);
	newc_add_trailer(&archive);
	write_file(scratch_path("image"), archive.data, archive.size);
	assert_int_equal(contents_load(scratch_path("image"), NULL, ret_contents), 0);
}

static void expect(struct readback *readback, const struct tree_entry *entry, const char *content)
{
	assert_int_equal(readback_expect(readback, entry, strlen(content),
					 checksum_of(content, strlen(content))),
			 0);
}

static void test_differences(void **state)
{
	static const struct tree_entry directory = { .kind = TREE_DIRECTORY,
						     .path = (char *)"/d",
						     .mode = S_IFDIR | 0755 },
				       file = { .kind = TREE_FILE,
						.path = (char *)"/d/f",
						.source = (char *)"/nowhere",
						.mode = S_IFREG | 0600 },
				       link = { .kind = TREE_SYMLINK,
						.path = (char *)"/l",
						.source = (char *)"d/f",
						.mode = S_IFLNK | 0777 };
	const struct tree_entry node = { .kind = TREE_NODE,
					 .path = (char *)"/n",
					 .mode = S_IFCHR | 0600,
					 .rdev = makedev(5, 1) };
	const struct row *row = *state;
	_cleanup_contents_ struct contents contents = { 0 };
	struct readback readback = { 0 };

	recent_log_start();
	load(row, &contents);
	expect(&readback, &directory, "");
	expect(&readback, &file, "content");
	expect(&readback, &link, "d/f");
	expect(&readback, &node, "");
	assert_int_equal(readback_check(&readback, &contents, "/boot/image"),
			 row->differs_at ? -EIO : 0);
	if (row->differs_at) {
		expect_message(row->differs_at);
		expect_message("keeping /boot/image as it is");
	} else {
		expect_no_message();
	}
	readback_done(&readback);
}

static void test_nothing_expected(void **state)
{
	const struct contents nothing = { 0 };
	struct readback readback = { 0 };

	assert_int_equal(readback_check(&readback, &nothing, "/boot/image"), 0);
	readback_done(&readback);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_differences, rows);
	TEST(&list, test_nothing_expected);
	return test_list_run(&list);
}
