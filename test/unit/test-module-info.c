/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What modules say of themselves, on files that are just ELF enough. */
#include "support.h"

#include <errno.h>
#include <lzma.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "fake-module.h"
#include "image/modules/module-info.h"

#define MODULE_SIZE_MAX 4096

static const char modinfo[] = "name=card\0firmware=card/a.bin\0\0\0author=nobody\0"
			      "firmware=card/*.fw\0firmware\0firmware_class=x";
static const char *const imports[] = { "scsi_add_host_with_dma", "printk", NULL };

static const struct fake_module card = {
	.modinfo = modinfo,
	.modinfo_size = sizeof(modinfo),
	.imports = imports,
};

static int tear_down(void **state)
{
	remove_tree(scratch_path("modules"));
	return 0;
}

static void check_card(const char *path)
{
	_cleanup_module_info_ struct module_info info = { 0 };

	assert_int_equal(module_info_read(path, MODULE_IMPORTS, &info), 0);
	assert_int_equal(info.firmware.n_items, 2);
	assert_string_equal(info.firmware.items[0], "card/a.bin");
	assert_string_equal(info.firmware.items[1], "card/*.fw");
	assert_int_equal(info.imports.n_items, 2);
	assert_string_equal(info.imports.items[0], imports[0]);
	assert_string_equal(info.imports.items[1], imports[1]);
}

static void test_shapes(void **state)
{
	struct fake_module module = card;

	for (int i = 0; i < 4; i++) {
		module.is_32bit = i & 1;
		module.is_big_endian = i & 2;
		fake_module_write(&module, scratch_path("modules/card.ko"));
		check_card(scratch_path("modules/card.ko"));
	}
}

static void test_without_imports(void **state)
{
	_cleanup_module_info_ struct module_info info = { 0 };

	fake_module_write(&card, scratch_path("modules/card.ko"));
	assert_int_equal(module_info_read(scratch_path("modules/card.ko"), MODULE_INFO, &info), 0);
	assert_int_equal(info.firmware.n_items, 2);
	assert_int_equal(info.imports.n_items, 0);
}

static void write_gzip(const char *path, const struct strbuf *file)
{
	gzFile gz;

	write_text(path, "");
	gz = gzopen(path, "wb");
	assert_non_null(gz);
	assert_int_equal(gzwrite(gz, file->data, (unsigned int)file->size), (int)file->size);
	assert_int_equal(gzclose(gz), Z_OK);
}

static void test_compressed(void **state)
{
	_cleanup_strbuf_ struct strbuf file = { 0 };
	uint8_t data[MODULE_SIZE_MAX];
	size_t size = 0;

	fake_module_make(&card, &file);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL,
						 (const uint8_t *)file.data, file.size, data, &size,
						 sizeof(data)),
			 LZMA_OK);
	write_file(scratch_path("modules/card.ko.xz"), data, size);
	check_card(scratch_path("modules/card.ko.xz"));
	size = ZSTD_compress(data, sizeof(data), file.data, file.size, 1);
	assert_false(ZSTD_isError(size));
	write_file(scratch_path("modules/card.ko.zst"), data, size);
	check_card(scratch_path("modules/card.ko.zst"));
	write_gzip(scratch_path("modules/card.ko.gz"), &file);
	check_card(scratch_path("modules/card.ko.gz"));
}

/*
 * Only the beginning of it is unpacked: what it says of itself is known, and wherever the rest is
 * cut off that is noticed.
 */
static void test_beginning_of_xz(void **state)
{
	static const char text[] = "firmware=card/a.bin\0vermagic=6.12 SMP";
	static char padding[1 << 20];
	const char *path = scratch_path("modules/card.ko.xz"), *imported[] = { padding, NULL };
	const struct fake_module module = { text, sizeof(text), imported, false, false };
	_cleanup_strbuf_ struct strbuf file = { 0 };
	static uint8_t data[2 * sizeof(padding)];
	size_t size = 0;
	uint32_t seed = 1;

	for (size_t i = 0; i < sizeof(padding) - 1; i++)
		padding[i] = (char)('a' + next_random(&seed) % 26);
	fake_module_make(&module, &file);
	assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL,
						 (const uint8_t *)file.data, file.size, data, &size,
						 sizeof(data)),
			 LZMA_OK);
	for (size_t cut = 0; cut < size; cut = cut < 64 ? cut + 1 : cut * 2) {
		struct module_info info = { 0 };

		write_file(path, data, size - cut);
		assert_int_equal(module_info_read(path, MODULE_INFO, &info),
				 cut > 0 ? -EBADMSG : 0);
		assert_int_equal(info.firmware.n_items, cut > 0 ? 0 : 1);
		module_info_done(&info);
		assert_int_equal(module_info_read(path, MODULE_HEADER, &info),
				 cut > 0 ? -EBADMSG : 0);
	}
	/* What comes later is not looked at. */
	data[size / 2] ^= 1;
	write_file(path, data, size);
	{
		_cleanup_module_info_ struct module_info info = { 0 };

		assert_int_equal(module_info_read(path, MODULE_INFO, &info), 0);
		assert_int_equal(module_info_read(path, MODULE_IMPORTS, &info), -EBADMSG);
	}
}

struct file_row {
	const char *name, *content;
	size_t size;
	int result;
};

static const struct file_row file_rows[] = {
	{ "empty.ko", "", 0, -ENOEXEC },
	{ "script.ko", "#!/bin/sh\nexit 0\n", 17, -ENOEXEC },
	{ "short.ko", "\177ELF\2\1\1", 7, -ENOEXEC },
	{ "header.ko", "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16, -EBADMSG },
	{ "magic.ko.xz", "\3757zXZ\0\0\4", 8, -EBADMSG },
	{ "magic.ko.gz", "\37\213\10", 3, -EBADMSG },
	{ "empty.ko.zst", "", 0, -EBADMSG },
	{ "plain.ko.zst", "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0", 16, -EBADMSG },
};

static void test_other_files(void **state)
{
	const struct file_row *row = *state;
	char path[128] = "modules/";
	struct module_info info;

	strcat(path, row->name);
	write_file(scratch_path(path), row->content, row->size);
	assert_int_equal(module_info_read(scratch_path(path), MODULE_IMPORTS, &info), row->result);
}

static void test_no_file(void **state)
{
	struct module_info info;

	assert_int_equal(module_info_read("/nonexistent/card.ko", MODULE_INFO, &info), -ENOENT);
	assert_int_equal(module_info_read("/nonexistent/card.ko.xz", MODULE_INFO, &info), -ENOENT);
	assert_int_equal(module_info_read(scratch_directory(), MODULE_INFO, &info), -EISDIR);
	assert_int_equal(module_info_read("/dev/null", MODULE_INFO, &info), -EINVAL);
	write_text(scratch_path("modules/x"), "");
	assert_int_equal(symlink("loop.ko", scratch_path("modules/loop.ko")), 0);
	assert_int_equal(module_info_read(scratch_path("modules/loop.ko"), MODULE_INFO, &info),
			 -ELOOP);
}

/* Wherever it is cut. */
static void test_cut_short(void **state)
{
	const char *path = scratch_path("modules/card.ko");
	_cleanup_strbuf_ struct strbuf file = { 0 };

	fake_module_make(&card, &file);
	for (size_t left = 0; left < file.size; left++) {
		struct module_info info;
		int r;

		write_file(path, file.data, left);
		r = module_info_read(path, MODULE_IMPORTS, &info);
		assert_int_equal(r, left < 16 ? -ENOEXEC : -EBADMSG);
	}
}

/* Whatever is in it: an answer or an error, and nothing outside of the file is read. */
static void test_damaged(void **state)
{
	const char *path = scratch_path("modules/card.ko");
	struct fake_module module = card;
	unsigned int n_bad = 0;
	uint32_t seed = 1;

	for (unsigned int i = 0; i < 4000; i++) {
		_cleanup_module_info_ struct module_info info = { 0 };
		_cleanup_strbuf_ struct strbuf file = { 0 };
		int r;

		module.is_32bit = i & 1;
		module.is_big_endian = i & 2;
		fake_module_make(&module, &file);
		for (unsigned int n = next_random(&seed) % 4 + 1; n > 0; n--) {
			size_t at = next_random(&seed) % file.size;

			/* Half of it where a number of the header is. */
			if (next_random(&seed) & 1)
				at %= 64;
			file.data[at] = (char)next_random(&seed);
		}
		write_file(path, file.data, file.size);
		r = module_info_read(path, MODULE_IMPORTS, &info);
		assert_true(r == 0 || r == -ENOEXEC || r == -EBADMSG);
		n_bad += r < 0;
	}
	assert_in_range(n_bad, 400, 3600);
}

static void test_builtin(void **state)
{
	static const char builtin[] = "card.license=GPL\0card.firmware=card/a.bin\0"
				      "card_2.firmware=x.bin\0card.firmware=b.bin\0"
				      "other.firmware=c.bin\0card.firmware";
	_cleanup_module_info_ struct module_info info = { 0 }, none = { 0 };
	struct builtin_modinfo modinfo_file;

	write_file(scratch_path("modules/modules.builtin.modinfo"), builtin, sizeof(builtin));
	assert_int_equal(builtin_modinfo_open(scratch_path("modules"), &modinfo_file), 0);
	assert_int_equal(builtin_modinfo_read(&modinfo_file, "card", &info), 0);
	assert_int_equal(info.firmware.n_items, 2);
	assert_string_equal(info.firmware.items[0], "card/a.bin");
	assert_string_equal(info.firmware.items[1], "b.bin");
	assert_int_equal(builtin_modinfo_read(&modinfo_file, "nowhere", &none), 0);
	assert_int_equal(none.firmware.n_items, 0);
	builtin_modinfo_close(&modinfo_file);
}

/* Cut off within a string, and without a file. */
static void test_builtin_of_other_forms(void **state)
{
	_cleanup_module_info_ struct module_info none = { 0 };
	struct builtin_modinfo modinfo_file;

	write_text(scratch_path("modules/modules.builtin.modinfo"), "card.firmware=a.bin");
	assert_int_equal(builtin_modinfo_open(scratch_path("modules"), &modinfo_file), -EBADMSG);
	assert_int_equal(builtin_modinfo_open("/nonexistent", &modinfo_file), 0);
	assert_int_equal(builtin_modinfo_read(&modinfo_file, "card", &none), 0);
	assert_int_equal(none.firmware.n_items, 0);
	builtin_modinfo_close(&modinfo_file);
	assert_int_equal(builtin_modinfo_open("/dev/null", &modinfo_file), -ENOTDIR);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_shapes);
	TEST(&list, test_without_imports);
	TEST(&list, test_compressed);
	TEST(&list, test_beginning_of_xz);
	TEST_ROWS(&list, test_other_files, file_rows);
	TEST(&list, test_no_file);
	TEST(&list, test_cut_short);
	TEST(&list, test_damaged);
	TEST(&list, test_builtin);
	TEST(&list, test_builtin_of_other_forms);
	test_list_set_fixtures(&list, NULL, tear_down);
	return test_list_run(&list);
}
