/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Microcode as --microcode asks for it, from a made-up root or from an archive. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "image/build/early-files.h"
#include "newc.h"
#include "recent-log.h"
#include "support.h"

#define INTEL "/kernel/x86/microcode/GenuineIntel.bin"
#define AMD   "/kernel/x86/microcode/AuthenticAMD.bin"

#define PROCESSOR(flags)                                                               \
	"processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 158\n" \
	"model name\t: 13th Gen\nstepping\t: 10\nmicrocode\t: 0xf0\nflags\t\t: " flags "\n\n"

static struct tree tree;
static struct sysroot sysroot;
static struct build_options options;

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	write_file(scratch_path("root/lib/firmware/intel-ucode/06-9e-0a"), "\1\0\0\0a", 5);
	write_file(scratch_path("root/lib/firmware/intel-ucode/06-2d-07"), "\1\0\0\0b", 5);
	write_file(scratch_path("root/lib/firmware/amd-ucode/microcode_amd.bin"), "DMA\0A", 5);
	options = (struct build_options){ 0 };
	recent_log_start();
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	tree_done(&tree);
	return 0;
}

static void expect_data(const char *path, const char *data, size_t size)
{
	const struct tree_entry *entry = tree_get(&tree, path);

	if (!data) {
		assert_null(entry);
		return;
	}
	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_DATA);
	assert_int_equal(entry->mode, S_IFREG | 0644);
	assert_int_equal(entry->size, size);
	assert_memory_equal(entry->source, data, size);
}

static void add(const char *microcode)
{
	options.microcode = microcode;
	assert_int_equal(early_files_add(&tree, &sysroot, &options), 0);
	expect_no_message();
}

static void test_none(void **state)
{
	add("none");
	assert_int_equal(tree.entries.n_entries, 0);
}

static void test_for_any_machine(void **state)
{
	write_text(scratch_path("root/proc/cpuinfo"), PROCESSOR("fpu"));
	add(NULL);
	expect_data(INTEL, "\1\0\0\0b\1\0\0\0a", 10);
	expect_data(AMD, "DMA\0A", 5);
}

static void test_for_the_host(void **state)
{
	write_text(scratch_path("root/proc/cpuinfo"), PROCESSOR("fpu"));
	options.mode = BUILD_MODE_HOST;
	add("auto");
	expect_data(INTEL, "\1\0\0\0a", 5);
	expect_data(AMD, NULL, 0);
}

static void test_for_a_virtual_machine(void **state)
{
	write_text(scratch_path("root/proc/cpuinfo"), PROCESSOR("fpu hypervisor"));
	options.mode = BUILD_MODE_HOST;
	add("auto");
	assert_int_equal(tree.entries.n_entries, 0);
}

/* As in a chroot without /proc. */
static void test_unknown_processor(void **state)
{
	options.mode = BUILD_MODE_HOST;
	add("auto");
	expect_data(INTEL, "\1\0\0\0b\1\0\0\0a", 10);
	expect_data(AMD, "DMA\0A", 5);
}

static void test_nothing_installed(void **state)
{
	remove_tree(scratch_path("root/lib"));
	add("auto");
	assert_int_equal(tree.entries.n_entries, 0);
}

static const char *write_archive(struct strbuf *archive)
{
	const char *path = scratch_path("archive");

	newc_add_trailer(archive);
	assert_false(archive->failed);
	write_file(path, archive->data, archive->size);
	return path;
}

/* It is taken as it is, and what is installed does not count. */
static void test_archive(void **state)
{
	_cleanup_strbuf_ struct strbuf archive = { 0 };

	newc_add(&archive, &(struct newc_member){ .name = "kernel", .mode = S_IFDIR | 0755 });
	newc_add_file(&archive, "kernel/x86/microcode/GenuineIntel.bin", "given");
	newc_add_file(&archive, "./kernel//x86/./microcode/AuthenticAMD.bin", "");
	add(write_archive(&archive));
	expect_data(INTEL, "given", 5);
	expect_data(AMD, "", 0);
}

/* As in an image of another tool that has its microcode in front, or what fills up to a page. */
static void test_archive_with_more(void **state)
{
	static const struct newc_member more[] = {
		{ .name = "early_cpio", .mode = S_IFREG | 0644 },
		{ .name = "a/../../b", .mode = S_IFREG | 0644 },
		{ .name = ".", .mode = S_IFREG | 0644 },
		{ .name = "kernel/x86/microcode/GenuineIntel.bin.old", .mode = S_IFREG | 0644 },
		{ .name = "kernel/x86/microcode/AuthenticAMD.bin", .mode = S_IFIFO | 0644 },
	};
	_cleanup_strbuf_ struct strbuf archive = { 0 };

	newc_add_file(&archive, "kernel/x86/microcode/GenuineIntel.bin", "given");
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		newc_add(&archive, &more[i]);
	options.microcode = write_archive(&archive);
	assert_int_equal(early_files_add(&tree, &sysroot, &options), 0);
	expect_message("archive: early_cpio and others");
	expect_data(INTEL, "given", 5);
	expect_data(AMD, NULL, 0);
	expect_data("/early_cpio", NULL, 0);
}

struct refused_row {
	const char *name;
	struct newc_member members[2];
	const char *message;
	int error;
};

static const struct refused_row refused_rows[] = {
	{ "nothing in it", { { 0 } }, "archive has no microcode: neither ", -ENODATA },
	{ "no microcode in it",
	  { { .name = "a", .mode = S_IFREG | 0644, .content = "1" } },
	  "archive has no microcode: neither ",
	  -ENODATA },
	{ "twice, with another content",
	  { { .name = INTEL, .mode = S_IFREG | 0644, .content = "1" },
	    { .name = INTEL, .mode = S_IFREG | 0644, .content = "2" } },
	  "cannot take " INTEL " of ",
	  -EEXIST },
	{ "larger than the archive",
	  { { .name = INTEL, .mode = S_IFREG | 0644, .content = "1", .claimed_size = 1000000 } },
	  "archive",
	  -EBADMSG },
	{ "huge",
	  { { .name = INTEL, .mode = S_IFREG | 0644, .claimed_size = 0xfffffff0 } },
	  "archive",
	  -EBADMSG },
};

static void test_refused(void **state)
{
	const struct refused_row *row = *state;
	_cleanup_strbuf_ struct strbuf archive = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(row->members) && row->members[i].name; i++)
		newc_add(&archive, &row->members[i]);
	options.microcode = write_archive(&archive);
	assert_int_equal(early_files_add(&tree, &sysroot, &options), row->error);
	expect_message(row->message);
}

static void test_no_archive(void **state)
{
	write_text(scratch_path("archive"), "garbage, and not even short");
	options.microcode = scratch_path("archive");
	assert_int_equal(early_files_add(&tree, &sysroot, &options), -EBADMSG);
	expect_message("archive");
}

static void test_missing_archive(void **state)
{
	options.microcode = scratch_path("nowhere");
	assert_int_equal(early_files_add(&tree, &sysroot, &options), -ENOENT);
	expect_message("nowhere");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_none);
	TEST(&list, test_for_any_machine);
	TEST(&list, test_for_the_host);
	TEST(&list, test_for_a_virtual_machine);
	TEST(&list, test_unknown_processor);
	TEST(&list, test_nothing_installed);
	TEST(&list, test_archive);
	TEST(&list, test_archive_with_more);
	TEST_ROWS(&list, test_refused, refused_rows);
	TEST(&list, test_no_archive);
	TEST(&list, test_missing_archive);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
