/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/str.h"
#include "image/report/difference.h"

#define ENTRIES_MAX 6

#define DIRECTORY "/usr/lib/modules/"

struct stored {
	const char *path;
	mode_t mode;
	const char *content; /* of a file, or a link's target */
	uid_t uid;
	dev_t rdev;
};

struct expected {
	const char *path;
	char sign; /* + added, - removed, ~ changed */
	unsigned int changes;
};

static const struct row {
	const char *name;
	struct stored a[ENTRIES_MAX], b[ENTRIES_MAX];
	struct expected expected[ENTRIES_MAX];
	const char *kver_a, *kver_b; /* that is taken out, or NULL */
} rows[] = {
	{ "nothing", {}, {}, {} },
	{ "the same",
	  { { "/a", S_IFREG | 0644, "x" }, { "/b", S_IFDIR | 0755 }, { "/c", S_IFLNK, "a" } },
	  { { "/a", S_IFREG | 0644, "x" }, { "/b", S_IFDIR | 0755 }, { "/c", S_IFLNK, "a" } },
	  {} },
	{ "added and removed",
	  { { "/a", S_IFREG | 0644, "x" }, { "/b", S_IFREG | 0644, "x" } },
	  { { "/b", S_IFREG | 0644, "x" }, { "/c", S_IFDIR | 0755 } },
	  { { "/a", '-' }, { "/c", '+' } } },
	{ "content",
	  { { "/a", S_IFREG | 0644, "x" }, { "/b", S_IFREG | 0644, "x" } },
	  { { "/a", S_IFREG | 0644, "y" }, { "/b", S_IFREG | 0644, "xx" } },
	  { { "/a", '~', CHANGE_CONTENT }, { "/b", '~', CHANGE_CONTENT } } },
	{ "mode and owner",
	  { { "/a", S_IFREG | 0644, "x" }, { "/b", S_IFDIR | 0755 } },
	  { { "/a", S_IFREG | 0755, "x", 5 }, { "/b", S_IFDIR | 01777 } },
	  { { "/a", '~', CHANGE_MODE | CHANGE_OWNER }, { "/b", '~', CHANGE_MODE } } },
	{ "type alone",
	  { { "/a", S_IFREG | 0644, "x" } },
	  { { "/a", S_IFLNK | 0777, "x", 5 } },
	  { { "/a", '~', CHANGE_TYPE } } },
	{ "link, whose mode says nothing",
	  { { "/a", S_IFLNK | 0777, "x" }, { "/b", S_IFLNK | 0777, "x" } },
	  { { "/a", S_IFLNK | 0777, "y" }, { "/b", S_IFLNK | 0700, "x" } },
	  { { "/a", '~', CHANGE_TARGET } } },
	{ "device",
	  { { "/a", S_IFCHR | 0600, .rdev = 0x103 } },
	  { { "/a", S_IFCHR | 0600, .rdev = 0x105 } },
	  { { "/a", '~', CHANGE_DEVICE } } },
	{ "another kernel",
	  { { DIRECTORY "6.1", S_IFDIR | 0755 },
	    { DIRECTORY "6.1/kernel/a.ko", S_IFREG | 0644, "x" },
	    { DIRECTORY "6.1/kernel/b.ko", S_IFREG | 0644, "x" },
	    { DIRECTORY "6.1/build", S_IFLNK, "/src/6.1/x" } },
	  { { DIRECTORY "6.12", S_IFDIR | 0755 },
	    { DIRECTORY "6.12/kernel/a.ko", S_IFREG | 0644, "x" },
	    { DIRECTORY "6.12/kernel/b.ko", S_IFREG | 0644, "y" },
	    { DIRECTORY "6.12/build", S_IFLNK, "/src/6.12/x" } },
	  { { DIRECTORY "KVER/kernel/b.ko", '~', CHANGE_CONTENT } },
	  "6.1",
	  "6.12" },
	{ "the same kernel",
	  { { DIRECTORY "6.1", S_IFDIR | 0755 }, { DIRECTORY "6.1/a.ko", S_IFREG, "x" } },
	  { { DIRECTORY "6.1", S_IFDIR | 0755 }, { DIRECTORY "6.1/a.ko", S_IFREG, "y" } },
	  { { DIRECTORY "6.1/a.ko", '~', CHANGE_CONTENT } } },
	{ "two kernels against one: no telling which is which",
	  { { DIRECTORY "6.1", S_IFDIR | 0755 }, { DIRECTORY "6.2", S_IFDIR | 0755 } },
	  { { DIRECTORY "6.3", S_IFDIR | 0755 } },
	  { { DIRECTORY "6.1", '-' }, { DIRECTORY "6.2", '-' }, { DIRECTORY "6.3", '+' } } },
	{ "one kernel in common, one not",
	  { { DIRECTORY "6.1", S_IFDIR | 0755 }, { DIRECTORY "6.2", S_IFDIR | 0755 } },
	  { { DIRECTORY "6.1", S_IFDIR | 0755 }, { DIRECTORY "6.3", S_IFDIR | 0755 } },
	  {},
	  "6.2",
	  "6.3" },
	{ "form",
	  { { DIRECTORY "6.1/a.ko", S_IFREG | 0644, "long" },
	    { "/usr/lib/firmware/f.bin.xz", S_IFREG | 0644, "xz" },
	    { "/etc/list.gz", S_IFREG | 0644, "gz" } },
	  { { DIRECTORY "6.1/a.ko.zst", S_IFREG | 0600, "zst" },
	    { "/usr/lib/firmware/f.bin", S_IFREG | 0644, "plain" },
	    { "/etc/list", S_IFREG | 0644, "plain" } },
	  { { "/etc/list", '+' },
	    { "/etc/list.gz", '-' },
	    { "/usr/lib/firmware/f.bin", '~', CHANGE_FORM },
	    { DIRECTORY "6.1/a.ko.zst", '~', CHANGE_FORM | CHANGE_MODE } } },
	{ "both forms in one of them: the same one counts",
	  { { DIRECTORY "6.1/a.ko", S_IFREG | 0644, "x" },
	    { DIRECTORY "6.1/a.ko.xz", S_IFREG | 0644, "y" } },
	  { { DIRECTORY "6.1/a.ko.xz", S_IFREG | 0644, "y" } },
	  { { DIRECTORY "6.1/a.ko", '-' } } },
};

static int add_entry(struct contents *contents, const struct stored *stored)
{
	struct contents_entry *entry = calloc(1, sizeof(*entry));

	assert_non_null(entry);
	*entry = (struct contents_entry){ .path = strdup(stored->path),
					  .mode = stored->mode,
					  .uid = stored->uid,
					  .rdev = stored->rdev };
	assert_non_null(entry->path);
	if (S_ISLNK(stored->mode)) {
		entry->target = strdup(stored->content);
		assert_non_null(entry->target);
	}
	if (S_ISREG(stored->mode)) {
		entry->file = calloc(1, sizeof(*entry->file));
		assert_non_null(entry->file);
		*entry->file = (struct contents_file){ .size = strlen(stored->content),
						       .checksum = (uint64_t)stored->content[0],
						       .owner = entry };
		assert_int_equal(vec_push(&contents->files, entry->file), 0);
	}
	return strmap_set(&contents->entries, stored->path, entry);
}

static void fill(struct contents *contents, const struct stored *stored)
{
	for (size_t i = 0; i < ENTRIES_MAX && stored[i].path; i++)
		assert_int_equal(add_entry(contents, &stored[i]), 0);
}

static void check_string(const char *string, const char *expected)
{
	if (expected)
		assert_string_equal(string, expected);
	else
		assert_null(string);
}

static void test_comparison(void **state)
{
	const struct row *row = *state;
	_cleanup_contents_ struct contents a = { 0 }, b = { 0 };
	_cleanup_comparison_ struct comparison comparison = { 0 };
	const struct difference *difference;
	size_t n = 0;

	fill(&a, row->a);
	fill(&b, row->b);
	assert_int_equal(comparison_make(&a, &b, &comparison), 0);
	check_string(comparison.kver_a, row->kver_a);
	check_string(comparison.kver_b, row->kver_b);
	while (n < ENTRIES_MAX && row->expected[n].path)
		n++;
	assert_int_equal(comparison.differences.n_items, n);
	vec_for_each(difference, &comparison.differences) {
		const struct expected *expected = &row->expected[difference_index];

		assert_string_equal(difference->path, expected->path);
		assert_int_equal(!difference->a, expected->sign == '+');
		assert_int_equal(!difference->b, expected->sign == '-');
		assert_int_equal(difference->changes, expected->changes);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_comparison, rows);
	return test_list_run(&list);
}
