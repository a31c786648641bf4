/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/strbuf.h"
#include "image/reader/image-index.h"
#include "newc.h"
#include "support.h"

#define LINK(name_, target_)                                                  \
	{                                                                     \
		.name = (name_), .mode = S_IFLNK | 0777, .content = (target_) \
	}
#define NAME(name_, content_)                                                               \
	{                                                                                   \
		.name = (name_), .mode = S_IFREG | 0644, .inode = 7, .content = (content_), \
		.nlink = 2                                                                  \
	}
#define FILE_(name_, content_)                                                 \
	{                                                                      \
		.name = (name_), .mode = S_IFREG | 0644, .content = (content_) \
	}

/* The size of a file's content tells which it is. */
static const struct newc_member members[] = {
	{ .name = "usr", .mode = S_IFDIR | 0755 },
	{ .name = "usr/lib", .mode = S_IFDIR | 0755 },
	LINK("lib", "usr/lib"),
	LINK("usr/lib64", "lib"),
	FILE_("./usr/lib/one", "1"),
	LINK("usr/lib/relative", "../../etc/two"),
	LINK("usr/lib/absolute", "/etc/two"),
	LINK("usr/lib/beyond", "../../../../../etc/two"),
	FILE_("etc/two", "22"),
	LINK("again", "usr/lib/relative"),
	LINK("nowhere", "missing"),
	LINK("loop", "loop"),
	LINK("to", "fro"),
	LINK("fro", "to"),
	LINK("root", "/"),
	FILE_("twice", "first"),
	FILE_("/twice", "333"),
	LINK("was-link", "usr"),
	FILE_("was-link", "4444"),
	NAME("name-1", ""),
	NAME("name-2", "55555"),
	FILE_("../outside", "x"),
};

static const struct row {
	const char *path;
	int expected;
	uint64_t size;
} rows[] = {
	{ "/usr/lib/one", 0, 1 },
	{ "usr/lib/one", 0, 1 },
	{ "/usr//lib/./one", 0, 1 },
	{ "/lib/one", 0, 1 },
	{ "/usr/lib64/one", 0, 1 },
	{ "/lib/../lib/one", 0, 1 },
	{ "/etc/../../usr/lib/one", 0, 1 },
	{ "/lib/relative", 0, 2 },
	{ "/lib/absolute", 0, 2 },
	{ "/lib/beyond", 0, 2 },
	{ "/again", 0, 2 },
	{ "/root/root/etc/two", 0, 2 },
	{ "/twice", 0, 3 },
	{ "/was-link", 0, 4 },
	{ "/name-1", 0, 5 },
	{ "/name-2", 0, 5 },
	{ "/usr/lib", 0, 0 },
	{ "/missing", -ENOENT, 0 },
	{ "/usr/missing/one", -ENOENT, 0 },
	{ "/nowhere", -ENOENT, 0 },
	{ "/outside", -ENOENT, 0 },
	{ "/etc/two/x", -ENOTDIR, 0 },
	{ "/again/x", -ENOTDIR, 0 },
	{ "/was-link/lib", -ENOTDIR, 0 },
	{ "/loop", -ELOOP, 0 },
	{ "/to/x", -ELOOP, 0 },
};

static void read_index(struct image_index *index)
{
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_image_reader_ struct image_reader *reader = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		newc_add(&archive, &members[i]);
	newc_add_trailer(&archive);
	assert_int_equal(image_reader_open_memory(archive.data, archive.size, "image", &reader), 0);
	assert_int_equal(image_index_read(index, reader), 0);
}

static void resolves(void **state)
{
	const struct row *row = *state;
	_cleanup_image_index_ struct image_index index = { 0 };
	const struct image_file *file;

	read_index(&index);
	assert_int_equal(image_index_resolve(&index, row->path, &file), row->expected);
	if (row->expected < 0)
		return;
	assert_int_equal(file->size, row->size);
	/* The entry that it says has the content does. */
	if (S_ISREG(file->mode))
		assert_int_equal(strlen(members[file->number].content), row->size);
}

/* The same number in another archive is another file. */
static void keeps_archives_apart(void **state)
{
	_cleanup_strbuf_ struct strbuf archive = { 0 };
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	_cleanup_image_index_ struct image_index index = { 0 };
	const struct newc_member first = NAME("a", ""), second = NAME("b", "22");
	const struct image_file *file;

	newc_add(&archive, &first);
	newc_add_trailer(&archive);
	newc_add(&archive, &second);
	newc_add_trailer(&archive);
	assert_int_equal(image_reader_open_memory(archive.data, archive.size, "image", &reader), 0);
	assert_int_equal(image_index_read(&index, reader), 0);
	assert_int_equal(image_index_resolve(&index, "/a", &file), 0);
	assert_int_equal(file->size, 0);
	assert_int_equal(image_index_resolve(&index, "/b", &file), 0);
	assert_int_equal(file->size, 2);
}

static void has_no_root_of_its_own(void **state)
{
	_cleanup_image_index_ struct image_index index = { 0 };
	const struct image_file *file;

	read_index(&index);
	assert_int_equal(image_index_resolve(&index, "/", &file), -ENOENT);
	assert_int_equal(image_index_resolve(&index, "", &file), -ENOENT);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, resolves, rows);
	TEST(&list, keeps_archives_apart);
	TEST(&list, has_no_root_of_its_own);
	return test_list_run(&list);
}
