/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole images of a small tree, read back by the generator's own reader. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/writer/image.h"
#include "recent-log.h"
#include "support.h"

#define MODULE_MAGIC \
	"\x7f"       \
	"ELF"

static struct tree tree, early;

static int set_up(void **state)
{
	recent_log_start();
	write_text(scratch_path("a.ko"), MODULE_MAGIC " of a module");
	write_text(scratch_path("firmware.xz"), "compressed already");
	assert_int_equal(tree_add_data(&tree, "/etc/text", 0600, "text", 4, "x"), 0);
	assert_int_equal(tree_add_symlink(&tree, "/bin", "usr/bin", "x"), 0);
	assert_int_equal(tree_add_directory(&tree, "/tmp", 01777, "x"), 0);
	assert_int_equal(tree_add_node(&tree, "/dev/console", S_IFCHR | 0600, makedev(5, 1), "x"),
			 0);
	return 0;
}

static int tear_down(void **state)
{
	tree_done(&tree);
	tree_done(&early);
	return 0;
}

static void add_compressed(void)
{
	assert_int_equal(tree_add_compressed_file(&tree, "/lib/a.ko.zst", scratch_path("a.ko"),
						  "x"),
			 0);
	assert_int_equal(tree_add_file(&tree, "/lib/firmware.xz", scratch_path("firmware.xz"), "x"),
			 0);
}

static void add_early(void)
{
	assert_int_equal(tree_add_data(&early, "/kernel/x86/microcode/AuthenticAMD.bin", 0644,
				       "microcode", 9, "x"),
			 0);
}

static void write_image(const char *name, struct image_options options,
			struct contents *ret_contents)
{
	const char *path = scratch_path(name);
	_cleanup_close_ int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum image_fault fault;
	struct readback readback = { 0 };
	uint64_t size = 0;
	struct stat st;

	options.early = &early;
	assert_int_equal(image_write(&tree, &options, fd, &readback, &size, &fault), 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, size);
	assert_int_equal(contents_load(path, NULL, ret_contents), 0);
	assert_int_equal(readback_check(&readback, ret_contents, path), 0);
	assert_int_equal(readback.expected.n_items,
			 tree.entries.n_entries + early.entries.n_entries);
	readback_done(&readback);
	expect_no_message();
}

struct row {
	const char *name;
	enum compression compression;
	int level;
	bool has_compressed, has_early;
	const char *segments; /* compressions, a blank behind each */
};

static const struct row rows[] = {
	{ "plain", COMPRESSION_NONE, 0, false, false, "none " },
	{ "plain with early", COMPRESSION_NONE, 0, false, true, "none none " },
	{ "file by file", COMPRESSION_NONE, 0, true, false, "none " },
	{ "file by file, with a level", COMPRESSION_NONE, 19, true, true, "none none " },
	{ "zstd", COMPRESSION_ZSTD, 0, false, false, "zstd " },
	{ "zstd with early, with a level", COMPRESSION_ZSTD, 7, false, true, "none zstd " },
	{ "xz with all", COMPRESSION_XZ, 2, true, true, "none none xz " },
	{ "gzip with files", COMPRESSION_GZIP, 9, true, false, "none gzip " },
	{ "lz4 with early", COMPRESSION_LZ4, 12, false, true, "none lz4 " },
};

static void test_forms(void **state)
{
	const struct row *row = *state;
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_segment *segment;
	char segments[64] = "";

	if (row->has_compressed)
		add_compressed();
	if (row->has_early)
		add_early();
	write_image("image",
		    (struct image_options){
			    .compression = row->compression, .level = row->level, .jobs = 2 },
		    &contents);
	vec_for_each(segment, &contents.segments) {
		(void)strcat(strcat(segments, segment->compression), " ");
	}
	assert_string_equal(segments, row->segments);
}

/* The kernel looks at the very beginning. */
static void test_early_comes_first(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_entry *entry;

	add_early();
	write_image("image", (struct image_options){ .compression = COMPRESSION_XZ, .jobs = 1 },
		    &contents);
	entry = contents_get(&contents, "/kernel/x86/microcode/AuthenticAMD.bin");
	assert_non_null(entry);
	assert_int_equal(entry->segment, 0);
	entry = contents_get(&contents, "/etc/text");
	assert_non_null(entry);
	assert_int_equal(entry->segment, 1);
}

/* What is compressed already is not compressed again, and comes into directories that are there. */
static void test_two_archives(void **state)
{
	_cleanup_contents_ struct contents contents = { 0 };
	const struct contents_entry *entry;

	add_compressed();
	write_image("image", (struct image_options){ .compression = COMPRESSION_GZIP, .jobs = 1 },
		    &contents);
	entry = contents_get(&contents, "/lib/firmware.xz");
	assert_non_null(entry);
	assert_int_equal(entry->segment, 0);
	assert_false(entry->lacks_directory);
	entry = contents_get(&contents, "/tmp");
	assert_non_null(entry);
	assert_int_equal(entry->segment, 0);
	entry = contents_get(&contents, "/bin");
	assert_non_null(entry);
	assert_int_equal(entry->segment, 1);
}

static void test_reproducible(void **state)
{
	static const struct image_options ways[] = {
		{ .compression = COMPRESSION_ZSTD, .jobs = 1, .mtime = 5 },
		{ .compression = COMPRESSION_ZSTD, .jobs = 4, .mtime = 5 },
		{ .compression = COMPRESSION_ZSTD, .jobs = 4, .mtime = 6 },
	};
	char *bytes[ARRAY_SIZE(ways)];
	size_t sizes[ARRAY_SIZE(ways)];

	add_compressed();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		_cleanup_contents_ struct contents contents = { 0 };

		write_image("image", ways[i], &contents);
		assert_int_equal(file_read(scratch_path("image"), 1 << 20, &bytes[i], &sizes[i]),
				 0);
	}
	assert_int_equal(sizes[0], sizes[1]);
	assert_memory_equal(bytes[0], bytes[1], sizes[0]);
	assert_true(sizes[0] != sizes[2] || memcmp(bytes[0], bytes[2], sizes[0]) != 0);
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		free(bytes[i]);
}

static void expect_failure(int fd, int error, enum image_fault expected)
{
	const struct image_options options = { .jobs = 2, .early = &early };
	enum image_fault fault = IMAGE_FAULT_OUTPUT;
	struct readback readback = { 0 };
	uint64_t size;

	assert_int_equal(image_write(&tree, &options, fd, &readback, &size, &fault), error);
	assert_int_equal(fault, expected);
	readback_done(&readback);
}

static void test_disk_is_full(void **state)
{
	_cleanup_close_ int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		skip();
	expect_failure(fd, -ENOSPC, IMAGE_FAULT_OUTPUT);
	expect_message("cannot write the image, giving up: No space left on device");
}

static void test_source_is_gone(void **state)
{
	_cleanup_close_ int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	add_compressed();
	assert_int_equal(unlink(scratch_path("a.ko")), 0);
	expect_failure(fd, -ENOENT, IMAGE_FAULT_INPUT);
	expect_message("a.ko (x), giving up: No such file or directory");
}

static void test_source_is_damaged(void **state)
{
	_cleanup_close_ int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	write_text(scratch_path("a.ko"), "zeros or so");
	add_compressed();
	expect_failure(fd, -EBADMSG, IMAGE_FAULT_INPUT);
	expect_message("a.ko does not begin as a kernel module does");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_forms, rows);
	TEST(&list, test_early_comes_first);
	TEST(&list, test_two_archives);
	TEST(&list, test_reproducible);
	TEST(&list, test_disk_is_full);
	TEST(&list, test_source_is_gone);
	TEST(&list, test_source_is_damaged);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
