/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/reader/unpack.h"
#include "newc.h"
#include "support.h"

#define MEMBERS_MAX 8
#define NOBODY      65534
#define CONTENT_MAX 100

#define FILE_(name_, content_)                                                 \
	{                                                                      \
		.name = (name_), .mode = S_IFREG | 0644, .content = (content_) \
	}
#define DIRECTORY(name_, mode_)                            \
	{                                                  \
		.name = (name_), .mode = S_IFDIR | (mode_) \
	}
#define LINK(name_, target_)                                                  \
	{                                                                     \
		.name = (name_), .mode = S_IFLNK | 0777, .content = (target_) \
	}
/* One of the names of file 7. */
#define NAME(name_, content_)                                                               \
	{                                                                                   \
		.name = (name_), .mode = S_IFREG | 0444, .content = (content_), .inode = 7, \
		.nlink = 3                                                                  \
	}

/*
 * What is unpacked into the directory "inside", and what is there then: a line for each file. "@"
 * in front of a name or target is the directory around it, where nothing may change.
 */
static const struct row {
	const char *name;
	struct newc_member members[MEMBERS_MAX];
	int expected;
	const char *listing;
} rows[] = {
	{ "files and directories",
	  { DIRECTORY("usr", 0755),
	    DIRECTORY("usr/bin", 0555),
	    { .name = "usr/bin/su", .mode = S_IFREG | 04755, .content = "#!" },
	    FILE_("init", ""),
	    LINK("bin", "usr/bin") },
	  0,
	  "/bin -> usr/bin\n/init 100644=\n/usr 40755\n/usr/bin 40555\n/usr/bin/su 104755=#!\n" },
	{ "stored permissions and no others",
	  { { .name = "none", .mode = S_IFREG },
	    { .name = "all", .mode = S_IFREG | 07777 },
	    DIRECTORY("sticky", 01777) },
	  0,
	  "/all 107777=\n/none 100000=\n/sticky 41777\n" },
	{ "pipe and socket",
	  { { .name = "pipe", .mode = S_IFIFO | 0620 },
	    { .name = "sock", .mode = S_IFSOCK | 0600 } },
	  0,
	  "/pipe 10620\n/sock 140600\n" },
	{ "no type", { { .name = "what", .mode = 0170644 }, FILE_("a", "1") }, 0, "/a 100644=1\n" },
	{ "missing parents",
	  { FILE_("a/b/c", "1") },
	  0,
	  "/a 40755\n/a/b 40755\n/a/b/c 100644=1\n" },
	{ "read-only directory",
	  { DIRECTORY("d", 0500), FILE_("d/a", "1") },
	  0,
	  "/d 40500\n/d/a 100644=1\n" },
	{ "mode of the last entry",
	  { DIRECTORY("d", 0700), DIRECTORY("d", 0711) },
	  0,
	  "/d 40711\n" },
	{ "later file replaces", { FILE_("a", "first"), FILE_("a", "2") }, 0, "/a 100644=2\n" },
	{ "file replaces link", { LINK("a", "../secret"), FILE_("a", "2") }, 0, "/a 100644=2\n" },
	{ "link replaces file", { FILE_("a", "1"), LINK("a", "b") }, 0, "/a -> b\n" },
	{ "directory replaces link",
	  { LINK("d", ".."), DIRECTORY("d", 0755), FILE_("d/secret", "2") },
	  0,
	  "/d 40755\n/d/secret 100644=2\n" },
	{ "link replaces directory", { DIRECTORY("d", 0700), LINK("d", "..") }, 0, "/d -> ..\n" },
	{ "full directory in the way",
	  { DIRECTORY("d", 0755), FILE_("d/a", "1"), FILE_("d", "2") },
	  -EIO,
	  "/d 40755\n/d/a 100644=1\n" },
	{ "file for a parent", { FILE_("d", "1"), FILE_("d/a", "2") }, -EIO, "/d 100644=1\n" },
	{ "root itself", { DIRECTORY(".", 0), FILE_("./a", "1") }, 0, "/a 100644=1\n" },
	{ "content with the last name",
	  { NAME("a", ""), NAME("b", ""), NAME("c", "1") },
	  0,
	  "/a 100444 3=1\n/b 100444 3=1\n/c 100444 3=1\n" },
	{ "content with the first name",
	  { NAME("d/a", "1"), NAME("b", "") },
	  0,
	  "/b 100444 2=1\n/d 40755\n/d/a 100444 2=1\n" },
	{ "first name replaced since",
	  { NAME("a", ""), FILE_("a", "x"), NAME("b", "1") },
	  0,
	  "/a 100644=x\n/b 100444=1\n" },
	{ "same name twice", { NAME("a", "1"), NAME("a", "2") }, 0, "/a 100444=2\n" },

	{ "up", { FILE_("../secret", "x") }, -EBADMSG, "" },
	{ "up from within", { FILE_("a/../../secret", "x") }, -EBADMSG, "" },
	{ "up after others",
	  { FILE_("a", "1"), DIRECTORY("..", 0777), FILE_("b", "2") },
	  -EBADMSG,
	  "/a 100644=1\n" },
	{ "absolute", { FILE_("/a", "1") }, 0, "/a 100644=1\n" },
	{ "through a link up",
	  { LINK("l", ".."), FILE_("l/secret", "x") },
	  0,
	  "/l -> ..\n/secret 100644=x\n" },
	{ "through a link far up",
	  { LINK("l", "../../../../.."), FILE_("l/a", "x") },
	  0,
	  "/a 100644=x\n/l -> ../../../../..\n" },
	{ "through a link to the root",
	  { LINK("l", "/"), FILE_("l/a", "x") },
	  0,
	  "/a 100644=x\n/l -> /\n" },
	{ "through links to links",
	  { LINK("a", "b"), LINK("b", "../.."), FILE_("a/c", "x") },
	  0,
	  "/a -> b\n/b -> ../..\n/c 100644=x\n" },
	{ "through a link of the image",
	  { DIRECTORY("usr", 0755), DIRECTORY("usr/lib", 0755), LINK("lib", "usr/lib"),
	    FILE_("lib/a", "1") },
	  0,
	  "/lib -> usr/lib\n/usr 40755\n/usr/lib 40755\n/usr/lib/a 100644=1\n" },
	{ "through a link outside", { LINK("l", "@"), FILE_("l/secret", "x") }, -EIO, "/l -> @\n" },
	{ "through a link to itself", { LINK("l", "l"), FILE_("l/a", "x") }, -EIO, "/l -> l\n" },
	{ "onto a link outside", { LINK("l", "@/secret"), FILE_("l", "x") }, 0, "/l 100644=x\n" },
	{ "name of a file outside",
	  { LINK("a", "../secret"), NAME("a", ""), NAME("b", "x") },
	  0,
	  "/a 100444 2=x\n/b 100444 2=x\n" },
	{ "name that became a link outside",
	  { NAME("a", ""), LINK("a", "../secret"), NAME("b", "x") },
	  0,
	  "/a -> ../secret\n/b 100444=x\n" },
	{ "mode through a link", { DIRECTORY("d", 0777), LINK("d", "..") }, 0, "/d -> ..\n" },
	{ "file cut off",
	  { FILE_("a", "1"), { .name = "b", .mode = S_IFREG, .claimed_size = 999 } },
	  -EBADMSG,
	  "/a 100644=1\n" },
};

static char *get_outside(void)
{
	return str_format("%s/outside", scratch_directory());
}

static char *expand(const char *text, const char *outside)
{
	return text && text[0] == '@' ? str_format("%s%s", outside, text + 1)
				      : strdup(text ? text : "");
}

static void build_archive(const struct newc_member *members, struct strbuf *archive)
{
	_cleanup_free_ char *outside = get_outside();

	for (size_t i = 0; i < MEMBERS_MAX && members[i].name; i++) {
		struct newc_member member = members[i];
		_cleanup_free_ char *content = expand(member.content, outside);

		member.content = content;
		newc_add(archive, &member);
	}
	newc_add_trailer(archive);
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void describe_file(const FTSENT *file, const char *path, struct strbuf *text)
{
	_cleanup_free_ char *content = NULL, *outside = get_outside();
	char target[PATH_MAX] = "";
	size_t size;

	if (S_ISLNK(file->fts_statp->st_mode)) {
		const char *rest;

		assert_true(readlink(file->fts_path, target, sizeof(target) - 1) >= 0);
		rest = str_after_prefix(target, outside);
		strbuf_printf(text, "%s -> %s%s\n", path, rest ? "@" : "", rest ? rest : target);
		return;
	}
	strbuf_printf(text, "%s %o", path, file->fts_statp->st_mode);
	if (S_ISREG(file->fts_statp->st_mode)) {
		if (file->fts_statp->st_nlink > 1)
			strbuf_printf(text, " %zu", (size_t)file->fts_statp->st_nlink);
		/* What cannot be read, as an ordinary user, has no content here. */
		(void)file_read(file->fts_path, CONTENT_MAX, &content, &size);
		strbuf_printf(text, "=%s", content ? content : "");
	}
	strbuf_append(text, "\n");
}

/* All below @directory, in order. */
static void describe(const char *directory, struct strbuf *text)
{
	char *paths[] = { (char *)directory, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, compare_names);
	FTSENT *file;

	assert_non_null(walk);
	while ((file = fts_read(walk)))
		if (file->fts_level > 0 && file->fts_info != FTS_DP)
			describe_file(file, file->fts_path + strlen(directory), text);
	(void)fts_close(walk);
}

static int unpack_archive(const struct strbuf *archive, int fd)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;

	assert_int_equal(image_reader_open_memory(archive->data, archive->size, "image", &reader),
			 0);
	return unpack_image(reader, fd, "inside");
}

static int open_directory(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return type == FTW_D || type == FTW_DNR ? chmod(path, 0700) : 0;
}

/* Also what an ordinary user may not change any more. */
static void remove_unpacked(const char *path)
{
	(void)nftw(path, open_directory, 16, FTW_PHYS);
	remove_tree(path);
}

/* Empty directories "outside" and, in it, "inside", which is the result, and a file beside. */
static int make_directories(void)
{
	_cleanup_free_ char *outside = get_outside();
	_cleanup_free_ char *inside = str_format("%s/inside", outside);
	_cleanup_free_ char *secret = str_format("%s/secret", outside);
	int fd;

	remove_unpacked(outside);
	write_text(secret, "untouched");
	assert_int_equal(chmod(secret, 0644), 0);
	assert_int_equal(mkdir(inside, 0700), 0);
	fd = open(inside, O_PATH | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0);
	return fd;
}

static void assert_inside(const char *expected)
{
	_cleanup_free_ char *outside = get_outside();
	_cleanup_free_ char *inside = str_format("%s/inside", outside);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	describe(inside, &text);
	assert_string_equal(strbuf_string(&text), expected);
}

static void assert_outside_untouched(void)
{
	_cleanup_free_ char *outside = get_outside();
	_cleanup_free_ char *inside = str_format("%s/inside", outside);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	remove_unpacked(inside);
	describe(outside, &text);
	assert_string_equal(strbuf_string(&text), "/secret 100644=untouched\n");
}

static void unpacks(void **state)
{
	const struct row *row = *state;
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_close_ int fd = make_directories();

	build_archive(row->members, &archive);
	assert_int_equal(unpack_archive(&archive, fd), row->expected);
	assert_inside(row->listing);
	assert_outside_untouched();
}

/* What the directory already holds is no way out of it either. */
static void replaces_what_is_there(void **state)
{
	const struct newc_member members[MEMBERS_MAX] = {
		FILE_("hard", "x"),
		FILE_("soft", "y"),
		FILE_("up/secret", "z"),
		FILE_("old", "new"),
	};
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_close_ int fd = make_directories();

	assert_int_equal(linkat(fd, "../secret", fd, "hard", 0), 0);
	assert_int_equal(symlinkat("../secret", fd, "soft"), 0);
	assert_int_equal(symlinkat("..", fd, "up"), 0);
	assert_int_equal(mkdirat(fd, "old", 0700), 0);
	build_archive(members, &archive);
	assert_int_equal(unpack_archive(&archive, fd), 0);
	assert_inside("/hard 100644=x\n/old 100644=new\n/secret 100644=z\n/soft 100644=y\n"
		      "/up -> ..\n");
	assert_outside_untouched();
}

static const struct newc_member a_device[MEMBERS_MAX] = {
	{ .name = "null", .mode = S_IFCHR | 0666, .rdev_major = 1, .rdev_minor = 3 },
	FILE_("a", "1"),
};

static void leaves_out_devices_for_users(void **state)
{
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_close_ int fd = make_directories();
	bool is_root = geteuid() == 0;
	int r;

	build_archive(a_device, &archive);
	if (is_root) {
		assert_int_equal(fchownat(fd, "", NOBODY, NOBODY, AT_EMPTY_PATH), 0);
		assert_int_equal(seteuid(NOBODY), 0);
	}
	r = unpack_archive(&archive, fd);
	if (is_root)
		assert_int_equal(seteuid(0), 0);
	assert_int_equal(r, 0);
	assert_inside("/a 100644=1\n");
	assert_outside_untouched();
}

static void restores_devices_and_owners_as_root(void **state)
{
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_close_ int fd = make_directories();
	struct stat st;

	if (geteuid() != 0)
		skip();
	build_archive(a_device, &archive);
	assert_int_equal(unpack_archive(&archive, fd), 0);
	assert_int_equal(fstatat(fd, "a", &st, 0), 0);
	assert_int_equal(st.st_uid, 0);
	assert_int_equal(st.st_mtime, 1700000000);
	/* Root of a container may not. */
	if (fstatat(fd, "null", &st, 0) == 0)
		assert_inside("/a 100644=1\n/null 20666\n");
	else
		assert_inside("/a 100644=1\n");
	assert_outside_untouched();
}

static void never_opens_wide(void **state)
{
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_close_ int fd = make_directories();
	mode_t mask = umask(0);

	newc_add(&archive, &(struct newc_member){ .name = "d", .mode = S_IFDIR | 0700 });
	newc_add_file(&archive, "d/e/f", "1");
	newc_add_trailer(&archive);
	assert_int_equal(unpack_archive(&archive, fd), 0);
	(void)umask(mask);
	assert_inside("/d 40700\n/d/e 40755\n/d/e/f 100644=1\n");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, unpacks, rows);
	TEST(&list, replaces_what_is_there);
	TEST(&list, leaves_out_devices_for_users);
	TEST(&list, restores_devices_and_owners_as_root);
	TEST(&list, never_opens_wide);
	return test_list_run(&list);
}
