/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <archive.h>
#include <archive_entry.h>
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/reader/image-reader.h"
#include "newc.h"
#include "support.h"

#define IMAGE_MAX (64UL << 10)

/* One that has a file with this name and content. */
static void add_archive(struct strbuf *image, const char *name, const char *content)
{
	newc_add(image, &(struct newc_member){ .name = "dir", .mode = S_IFDIR | 0755, .nlink = 2 });
	newc_add_file(image, name, content);
	newc_add(image, &(struct newc_member){
				.name = "link", .mode = S_IFLNK | 0777, .content = "dir/target" });
	newc_add_trailer(image);
}

/* What it lists as "SEGMENT COMPRESSION NAME[=CONTENT][>TARGET]\n", and what ended it. */
static int list(const void *data, size_t size, struct strbuf *text)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;
	int r;

	r = image_reader_open_memory(data, size, "image", &reader);
	if (r < 0)
		return r;
	while ((r = image_reader_next(reader, &entry)) > 0) {
		const void *content;
		ssize_t n;

		strbuf_printf(text, "%u %s %s", entry.segment, image_reader_compression(reader),
			      entry.name);
		if (entry.target)
			strbuf_printf(text, ">%s", entry.target);
		if (S_ISREG(entry.mode))
			strbuf_append(text, "=");
		while ((n = image_reader_read(reader, &content)) > 0)
			strbuf_append_bytes(text, content, (size_t)n);
		strbuf_append(text, "\n");
		if (n < 0)
			return (int)n;
	}
	/* Neither an end nor an error goes away. */
	assert_int_equal(image_reader_next(reader, &entry), r);
	return r;
}

static void assert_lists(const struct strbuf *image, const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	assert_int_equal(list(image->data, image->size, &text), 0);
	assert_string_equal(strbuf_string(&text), expected);
}

static int list_error(const struct strbuf *image)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	return list(image->data, image->size, &text);
}

static void compress_with_libarchive(int filter, const struct strbuf *plain, struct strbuf *image)
{
	_cleanup_free_ char *buffer = malloc(IMAGE_MAX);
	struct archive *archive = archive_write_new();
	struct archive_entry *entry = archive_entry_new();
	size_t size = 0;

	assert_int_equal(archive_write_set_format_raw(archive), ARCHIVE_OK);
	assert_true(archive_write_add_filter(archive, filter) >= ARCHIVE_WARN);
	assert_int_equal(archive_write_set_bytes_in_last_block(archive, 1), ARCHIVE_OK);
	assert_int_equal(archive_write_open_memory(archive, buffer, IMAGE_MAX, &size), ARCHIVE_OK);
	archive_entry_set_filetype(entry, AE_IFREG);
	assert_int_equal(archive_write_header(archive, entry), ARCHIVE_OK);
	assert_int_equal(archive_write_data(archive, plain->data, plain->size), plain->size);
	assert_int_equal(archive_write_close(archive), ARCHIVE_OK);
	archive_entry_free(entry);
	archive_write_free(archive);
	strbuf_append_bytes(image, buffer, size);
}

/* By the program, as libarchive has to do as well. */
static void compress_lzop(int unused, const struct strbuf *plain, struct strbuf *image)
{
	_cleanup_free_ char *command = NULL, *data = NULL;
	size_t size;

	write_file(scratch_path("plain"), plain->data, plain->size);
	command = str_format("lzop -c < %s > %s", scratch_path("plain"), scratch_path("packed"));
	assert_int_equal(system(command), 0);
	assert_int_equal(file_read(scratch_path("packed"), IMAGE_MAX, &data, &size), 0);
	strbuf_append_bytes(image, data, size);
}

static void append_le32(struct strbuf *image, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		strbuf_append_bytes(image, &(char){ (char)(value >> (8 * i)) }, 1);
}

/* The form of `lz4 -l`, in blocks of literals alone: fifteen, 255 for each 255 more, the rest. */
static void compress_lz4_legacy(int unused, const struct strbuf *plain, struct strbuf *image)
{
	append_le32(image, 0x184c2102);
	for (size_t at = 0, size; at < plain->size; at += size) {
		_cleanup_strbuf_ struct strbuf block = { 0 };
		size_t left;

		size = MIN(plain->size - at, (size_t)1000);
		strbuf_append_bytes(&block, size < 15 ? &(char){ (char)(size << 4) } : "\xf0", 1);
		for (left = size - MIN(size, (size_t)15); left >= 255; left -= 255)
			strbuf_append_bytes(&block, "\xff", 1);
		if (size >= 15)
			strbuf_append_bytes(&block, &(char){ (char)left }, 1);
		strbuf_append_bytes(&block, plain->data + at, size);
		append_le32(image, (uint32_t)block.size);
		strbuf_append_bytes(image, block.data, block.size);
	}
}

static void compress_not(int unused, const struct strbuf *plain, struct strbuf *image)
{
	strbuf_append_bytes(image, plain->data, plain->size);
}

static const struct compression_row {
	const char *name, *compression;
	void (*compress)(int filter, const struct strbuf *plain, struct strbuf *image);
	int filter;
} compressions[] = {
	{ "not", "none", compress_not, 0 },
	{ "gzip", "gzip", compress_with_libarchive, ARCHIVE_FILTER_GZIP },
	{ "bzip2", "bzip2", compress_with_libarchive, ARCHIVE_FILTER_BZIP2 },
	{ "lzma", "lzma", compress_with_libarchive, ARCHIVE_FILTER_LZMA },
	{ "xz", "xz", compress_with_libarchive, ARCHIVE_FILTER_XZ },
	{ "lzop", "lzop", compress_lzop, 0 },
	{ "lz4 of the kernel", "lz4", compress_lz4_legacy, 0 },
	{ "lz4 frame", "lz4", compress_with_libarchive, ARCHIVE_FILTER_LZ4 },
	{ "zstd", "zstd", compress_with_libarchive, ARCHIVE_FILTER_ZSTD },
};

static void reads_compressed(void **state)
{
	const struct compression_row *row = *state;
	_cleanup_strbuf_ struct strbuf plain = { 0 }, image = { 0 }, expected = { 0 };

	add_archive(&plain, "dir/file", "some content");
	row->compress(row->filter, &plain, &image);
	strbuf_printf(&expected, "0 %s dir\n0 %s dir/file=some content\n0 %s link>dir/target\n",
		      row->compression, row->compression, row->compression);
	assert_lists(&image, strbuf_string(&expected));
}

/* In front and behind, with zeros and without: what ends where must be known exactly. */
static void reads_segments(void **state)
{
	const struct compression_row *row = *state;
	_cleanup_strbuf_ struct strbuf early = { 0 }, plain = { 0 }, image = { 0 },
				       expected = { 0 };
	const char *name = row->compression;

	newc_add_file(&early, "microcode", "x");
	newc_add_trailer(&early);
	newc_add_file(&plain, "init", "#!");
	newc_add_trailer(&plain);
	strbuf_append_bytes(&image, early.data, early.size);
	strbuf_append_bytes(&image, "\0\0\0\0\0\0\0", 8);
	row->compress(row->filter, &plain, &image);
	strbuf_append_bytes(&image, "\0\0\0\0\0\0\0", 4 + -image.size % 4);
	strbuf_append_bytes(&image, early.data, early.size);
	row->compress(row->filter, &plain, &image);
	compress_with_libarchive(ARCHIVE_FILTER_XZ, &early, &image);
	row->compress(row->filter, &plain, &image);
	row->compress(row->filter, &plain, &image);
	compress_with_libarchive(ARCHIVE_FILTER_ZSTD, &early, &image);
	strbuf_printf(&expected,
		      "0 none microcode=x\n1 %s init=#!\n2 none microcode=x\n3 %s init=#!\n"
		      "4 xz microcode=x\n5 %s init=#!\n6 %s init=#!\n7 zstd microcode=x\n",
		      name, name, name, name);
	assert_lists(&image, strbuf_string(&expected));
}

static void reads_archives_in_one_stream(void **state)
{
	const struct compression_row *row = *state;
	_cleanup_strbuf_ struct strbuf plain = { 0 }, image = { 0 }, expected = { 0 };

	newc_add_file(&plain, "a", "1");
	newc_add_trailer(&plain);
	strbuf_append_bytes(&plain, "\0\0\0\0\0\0\0", 8);
	newc_add_file(&plain, "b", "2");
	newc_add_trailer(&plain);
	strbuf_append_bytes(&plain, "\0\0\0", 4);
	row->compress(row->filter, &plain, &image);
	strbuf_printf(&expected, "0 %s a=1\n1 %s b=2\n", row->compression, row->compression);
	assert_lists(&image, strbuf_string(&expected));
}

/* All but zeros at the end is needed. */
static void refuses_what_is_cut_off(void **state)
{
	const struct compression_row *row = *state;
	_cleanup_strbuf_ struct strbuf plain = { 0 }, image = { 0 };
	size_t needed, step;

	add_archive(&plain, "dir/file", "some content");
	row->compress(row->filter, &plain, &image);
	needed = image.size;
	if (str_equal(row->compression, "none"))
		needed = (size_t)((char *)memmem(image.data, image.size, "TRAILER!!!", 11) -
				  image.data + 11);
	/* Each is a process of its own. */
	step = str_equal(row->compression, "lzop") ? 29 : 1;
	for (size_t size = 0; size < needed; size += step) {
		/* Of exactly that size, so that a sanitizer sees who reads on. */
		_cleanup_free_ void *part = size ? malloc(size) : NULL;
		_cleanup_strbuf_ struct strbuf text = { 0 };

		if (size)
			memcpy(part, image.data, size);
		assert_int_equal(list(part, size, &text), -EBADMSG);
	}
}

static void refuses_junk_behind(void **state)
{
	const struct compression_row *row = *state;
	_cleanup_strbuf_ struct strbuf plain = { 0 }, image = { 0 }, text = { 0 };

	add_archive(&plain, "dir/file", "some content");
	row->compress(row->filter, &plain, &image);
	strbuf_append(&image, "junk");
	assert_int_equal(list(image.data, image.size, &text), -EBADMSG);
	/* What is whole has been there. */
	assert_non_null(strstr(strbuf_string(&text), "dir/file=some content\n"));
}

static const struct no_image_row {
	const char *name, *data;
	size_t size;
} no_images[] = {
	{ "nothing", "", 0 },
	{ "zeros", "\0\0\0\0\0\0\0", 8 },
	{ "text", "#!/bin/sh\n", 10 },
	{ "old archive", "\xc7\x71\0\0\0\0", 6 },
	{ "portable archive", "070707000000000000000000", 24 },
	{ "magic alone", "070701", 6 },
	{ "gzip magic alone", "\x1f\x8b", 2 },
	{ "gzip of another method", "\x1f\x8b\0aaaaaaaaaaaaaaaa", 19 },
	{ "bzip2 of another kind", "BZaaaaaaaaaaaaaaaaa", 19 },
	{ "xz magic alone",
	  "\xfd"
	  "7zXZ\0",
	  6 },
	{ "zstd magic alone", "\x28\xb5\x2f\xfd", 4 },
	{ "lz4 magic alone", "\x02\x21\x4c\x18", 4 },
	{ "lzop magic alone", "\x89LZO\0\r\n\x1a\n", 9 },
};

static void refuses_no_image(void **state)
{
	const struct no_image_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	assert_int_equal(list(row->data, row->size, &text), -EBADMSG);
	assert_string_equal(strbuf_string(&text), "");
}

static const struct hostile_row {
	const char *name;
	struct newc_member member;
	int expected;
} hostile[] = {
	{ "name of 100 MiB",
	  { .name = "a", .mode = S_IFREG, .claimed_name_size = 100 << 20 },
	  -EBADMSG },
	{ "name beyond any path",
	  { .name = "a", .mode = S_IFREG, .claimed_name_size = 4097 },
	  -EBADMSG },
	{ "name into the next entry",
	  { .name = "a", .mode = S_IFREG, .claimed_name_size = 3 },
	  -EBADMSG },
	{ "name without end", { .name = "ab", .mode = S_IFREG, .claimed_name_size = 2 }, -EBADMSG },
	{ "file of 4 GiB", { .name = "a", .mode = S_IFREG, .claimed_size = UINT32_MAX }, -EBADMSG },
	{ "directory of 4 GiB",
	  { .name = "a", .mode = S_IFDIR, .claimed_size = UINT32_MAX },
	  -EBADMSG },
	{ "link of 4 GiB", { .name = "a", .mode = S_IFLNK, .claimed_size = UINT32_MAX }, -EBADMSG },
	{ "link beyond any path",
	  { .name = "a", .mode = S_IFLNK, .claimed_size = 4096 },
	  -EBADMSG },
	{ "no number", { .name = "a", .mode = S_IFREG, .magic = "070701   " }, -EBADMSG },
	{ "wrong checksum",
	  { .name = "a", .mode = S_IFREG, .content = "abc", .magic = "070702", .checksum = 295 },
	  -EBADMSG },
	{ "right checksum",
	  { .name = "a", .mode = S_IFREG, .content = "abc", .magic = "070702", .checksum = 294 },
	  0 },
	{ "no checksum to be checked",
	  { .name = "a", .mode = S_IFREG, .content = "abc", .checksum = 295 },
	  0 },
};

static void survives_hostile_member(void **state)
{
	const struct hostile_row *row = *state;
	_cleanup_strbuf_ struct strbuf image = { 0 };

	newc_add(&image, &row->member);
	newc_add_trailer(&image);
	assert_int_equal(list_error(&image), row->expected);
}

static void tells_all_of_an_entry(void **state)
{
	_cleanup_strbuf_ struct strbuf image = { 0 };
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;
	const void *content;

	newc_add(&image, &(struct newc_member){ .name = "dev/console",
						.mode = S_IFCHR | 0600,
						.inode = 0x12345678,
						.nlink = 1,
						.rdev_major = 5,
						.rdev_minor = 1 });
	newc_add_trailer(&image);
	assert_int_equal(image_reader_open_memory(image.data, image.size, "image", &reader), 0);
	assert_int_equal(image_reader_next(reader, &entry), 1);
	assert_string_equal(entry.name, "dev/console");
	assert_int_equal(entry.mode, S_IFCHR | 0600);
	assert_int_equal(entry.rdev, makedev(5, 1));
	assert_int_equal(entry.device, makedev(8, 1));
	assert_int_equal(entry.inode, 0x12345678);
	assert_int_equal(entry.nlink, 1);
	assert_int_equal(entry.mtime, 1700000000);
	assert_null(entry.target);
	assert_int_equal(image_reader_read(reader, &content), 0);
	assert_int_equal(image_reader_next(reader, &entry), 0);
}

/* The kernel would not take it, but a person who wants to know what is in there can. */
static void reads_archive_that_is_not_aligned(void **state)
{
	_cleanup_strbuf_ struct strbuf image = { 0 };

	newc_add_file(&image, "a", "1");
	newc_add_trailer(&image);
	strbuf_append_bytes(&image, "", 1);
	/* Made apart, so that it is aligned in itself. */
	{
		_cleanup_strbuf_ struct strbuf next = { 0 };

		newc_add_file(&next, "b", "2");
		newc_add_trailer(&next);
		strbuf_append_bytes(&image, next.data, next.size);
	}
	assert_lists(&image, "0 none a=1\n1 none b=2\n");
}

enum zstd_block {
	ZSTD_BLOCK_RAW = 0 << 1,
	ZSTD_BLOCK_REPEATED = 1 << 1,
	ZSTD_BLOCK_LAST = 1 << 0,
};

/* Three bytes. */
static void add_block_header(struct strbuf *image, size_t size, unsigned int type)
{
	const uint32_t header = htole32((uint32_t)size << 3 | type);

	strbuf_append_bytes(image, &header, 3);
}

#define BOMB_FILE_SIZE  0xfffffff0U
#define BOMB_BLOCK_SIZE (128U << 10)

/* An archive with a file of 4 GiB of zeros, in a zstd frame of 128 KiB. */
static void add_bomb(struct strbuf *image)
{
	_cleanup_strbuf_ struct strbuf header = { 0 }, trailer = { 0 };

	newc_add(&header, &(struct newc_member){
				  .name = "a", .mode = S_IFREG, .claimed_size = BOMB_FILE_SIZE });
	newc_add_trailer(&trailer);
	strbuf_append_bytes(image, "\x28\xb5\x2f\xfd\x00\x38", 6);
	add_block_header(image, header.size, ZSTD_BLOCK_RAW);
	strbuf_append_bytes(image, header.data, header.size);
	for (uint32_t left = BOMB_FILE_SIZE, size; left > 0; left -= size) {
		size = MIN(left, BOMB_BLOCK_SIZE);
		add_block_header(image, size, ZSTD_BLOCK_REPEATED);
		strbuf_append_bytes(image, "", 1);
	}
	add_block_header(image, trailer.size, ZSTD_BLOCK_RAW | ZSTD_BLOCK_LAST);
	strbuf_append_bytes(image, trailer.data, trailer.size);
}

static const struct bomb_row {
	const char *name;
	unsigned int n_bombs;
	int expected;
} bombs[] = {
	{ "one of 4 GiB", 1, 0 },
	{ "many of 4 GiB", 40, -EBADMSG },
};

static void survives_bomb(void **state)
{
	const struct bomb_row *row = *state;
	_cleanup_strbuf_ struct strbuf image = { 0 };
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;
	struct rusage before, after;
	int r;

	for (unsigned int i = 0; i < row->n_bombs; i++)
		add_bomb(&image);
	assert_int_equal(getrusage(RUSAGE_SELF, &before), 0);
	assert_int_equal(image_reader_open_memory(image.data, image.size, "image", &reader), 0);
	while ((r = image_reader_next(reader, &entry)) > 0)
		assert_int_equal(entry.size, BOMB_FILE_SIZE);
	assert_int_equal(r, row->expected);
	assert_int_equal(getrusage(RUSAGE_SELF, &after), 0);
	assert_true(after.ru_maxrss - before.ru_maxrss < 64 << 10);
}

static const struct memory_row {
	const char *name;
	int filter;
	size_t offset; /* of the byte that tells the size of the dictionary */
	uint8_t value;
} memories[] = {
	{ "lzma, 4 GiB", ARCHIVE_FILTER_LZMA, 4, 0xff },
	/* 12 bytes of stream header; of the block: size, flags, filter, size of its properties. */
	{ "xz, 4 GiB", ARCHIVE_FILTER_XZ, 16, 40 },
};

/* The checksum of the header of an xz block, the polynomial of IEEE 802.3. */
static uint32_t compute_crc32(const uint8_t *data, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= data[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

/* libarchive would allocate it. */
static void refuses_huge_dictionary(void **state)
{
	const struct memory_row *row = *state;
	_cleanup_strbuf_ struct strbuf plain = { 0 }, image = { 0 };

	add_archive(&plain, "dir/file", "some content");
	compress_with_libarchive(row->filter, &plain, &image);
	assert_int_equal(list_error(&image), 0);
	image.data[row->offset] = (char)row->value;
	if (row->filter == ARCHIVE_FILTER_XZ) {
		uint8_t *block = (uint8_t *)image.data + 12;
		size_t size = (block[0] + 1U) * 4 - 4;
		uint32_t crc = compute_crc32(block, size);

		memcpy(block + size, &crc, sizeof(crc));
	}
	assert_int_equal(list_error(&image), -EBADMSG);
}

static void reads_files(void **state)
{
	_cleanup_strbuf_ struct strbuf image = { 0 };
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;

	newc_add_file(&image, "init", "#!");
	newc_add_trailer(&image);
	write_file(scratch_path("image"), image.data, image.size);
	assert_int_equal(image_reader_open(scratch_path("image"), &reader), 0);
	assert_int_equal(image_reader_next(reader, &entry), 1);
	assert_string_equal(entry.name, "init");
	assert_int_equal(image_reader_next(reader, &entry), 0);
}

static void refuses_other_files(void **state)
{
	struct image_reader *reader;

	assert_int_equal(image_reader_open(scratch_path("missing"), &reader), -ENOENT);
	assert_int_equal(image_reader_open(scratch_directory(), &reader), -EBADMSG);
	assert_int_equal(image_reader_open("/dev/zero", &reader), -EBADMSG);
	write_text(scratch_path("empty"), "");
	assert_int_equal(image_reader_open(scratch_path("empty"), &reader), -EBADMSG);
	write_text(scratch_path("text"), "hello\n");
	assert_int_equal(image_reader_open(scratch_path("text"), &reader), -EBADMSG);
}

static void says_that_lzop_is_missing(void **state)
{
	_cleanup_strbuf_ struct strbuf plain = { 0 }, image = { 0 }, text = { 0 };
	_cleanup_free_ char *path = strdup(getenv("PATH"));

	add_archive(&plain, "dir/file", "some content");
	compress_lzop(0, &plain, &image);
	assert_int_equal(setenv("PATH", scratch_directory(), 1), 0);
	assert_int_equal(list(image.data, image.size, &text), -ENOENT);
	assert_int_equal(setenv("PATH", path, 1), 0);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, reads_compressed, compressions);
	TEST_ROWS(&list, reads_segments, compressions);
	TEST_ROWS(&list, reads_archives_in_one_stream, compressions);
	TEST_ROWS(&list, refuses_what_is_cut_off, compressions);
	TEST_ROWS(&list, refuses_junk_behind, compressions);
	TEST_ROWS(&list, refuses_no_image, no_images);
	TEST_ROWS(&list, survives_hostile_member, hostile);
	TEST(&list, tells_all_of_an_entry);
	TEST(&list, reads_archive_that_is_not_aligned);
	TEST_ROWS(&list, survives_bomb, bombs);
	TEST_ROWS(&list, refuses_huge_dictionary, memories);
	TEST(&list, reads_files);
	TEST(&list, refuses_other_files);
	TEST(&list, says_that_lzop_is_missing);
	return test_list_run(&list);
}
