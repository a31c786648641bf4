/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What modules say of themselves, on files that are just ELF enough for libkmod. */
#include "support.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fake-kernel.h"
#include "fake-module.h"
#include "image/module-info.h"

static const char modinfo[] = "name=card\0firmware=card/a.bin\0author=nobody\0firmware=card/*.fw\0"
			      "firmware";
static const char *const imports[] = { "scsi_add_host_with_dma", "printk", NULL };

static struct module_info_reader *reader;

static int set_up(void **state)
{
	fake_kernel_write(&(struct fake_kernel){ .n_modules = 0 }, scratch_path("root"));
	return module_info_reader_new(scratch_path("root" FAKE_MODULES_DIR), &reader);
}

static int tear_down(void **state)
{
	reader = module_info_reader_free(reader);
	remove_tree(scratch_path("root"));
	return 0;
}

static const char *write_module(void)
{
	const char *path = scratch_path("root/card.ko");

	fake_module_write(path, modinfo, sizeof(modinfo), imports);
	return path;
}

static void test_firmware(void **state)
{
	_cleanup_module_info_ struct module_info info = { 0 };

	assert_int_equal(module_info_read(reader, write_module(), false, &info), 0);
	assert_int_equal(info.firmware.n_items, 3);
	assert_string_equal(info.firmware.items[0], "card/a.bin");
	assert_string_equal(info.firmware.items[1], "card/*.fw");
	assert_int_equal(info.imports.n_items, 0);
}

static void test_imports(void **state)
{
	_cleanup_module_info_ struct module_info info = { 0 };

	assert_int_equal(module_info_read(reader, write_module(), true, &info), 0);
	assert_int_equal(info.imports.n_items, 2);
	assert_string_equal(info.imports.items[0], imports[0]);
	assert_string_equal(info.imports.items[1], imports[1]);
}

/* The same again, as a reader may have forgotten the module or not. */
static void test_many(void **state)
{
	const char *path = write_module();

	for (int i = 0; i < 3; i++) {
		_cleanup_module_info_ struct module_info info = { 0 };

		assert_int_equal(module_info_read(reader, path, true, &info), 0);
		assert_int_equal(info.imports.n_items, 2);
	}
}

/* Two files of one name, as in kernel/ and in updates/. */
static void test_same_name(void **state)
{
	_cleanup_module_info_ struct module_info first = { 0 }, second = { 0 };
	static const char other[] = "firmware=other.bin";

	fake_module_write(scratch_path("root/updates/card.ko"), other, sizeof(other), imports);
	assert_int_equal(module_info_read(reader, write_module(), false, &first), 0);
	assert_int_equal(module_info_read(reader, scratch_path("root/updates/card.ko"), false,
					  &second),
			 0);
	assert_int_equal(second.firmware.n_items, 1);
	assert_string_equal(second.firmware.items[0], "other.bin");
}

static void test_other_files(void **state)
{
	static const struct {
		const char *content;
		size_t size;
		int result;
	} rows[] = {
		{ "", 0, -EBADMSG },
		{ "#!/bin/sh\nexit 0\n", 17, -ENOEXEC },
		{ "\177ELF\2\1\1", 7, -ENOEXEC },
		/* The magic of xz, and nothing behind it. */
		{ "\3757zXZ\0\0\4", 8, -EBADMSG },
	};
	const char *path = scratch_path("root/card.ko");

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct module_info info;
		int r;

		write_file(path, rows[i].content, rows[i].size);
		r = module_info_read(reader, path, true, &info);
		/* libkmod may be built without xz, and newer ones look at the size first. */
		assert_true(r == rows[i].result || (rows[i].result == -EBADMSG && r == -ENOEXEC));
	}
}

/* Wherever it is cut, it is an error, and none that could be taken for another. */
static void test_cut_short(void **state)
{
	const char *path = write_module();
	size_t size = fake_module_size(modinfo, sizeof(modinfo), imports);

	for (size_t left = size - 1; left > 64; left -= 7) {
		struct module_info info;

		assert_int_equal(truncate(path, (off_t)left), 0);
		assert_int_equal(module_info_read(reader, path, true, &info), -EBADMSG);
	}
}

static void test_no_file(void **state)
{
	struct module_info info;

	assert_int_equal(module_info_read(reader, "/nonexistent/card.ko", false, &info), -ENOENT);
	assert_int_equal(symlink("loop.ko", scratch_path("root/loop.ko")), 0);
	assert_int_equal(module_info_read(reader, scratch_path("root/loop.ko"), false, &info),
			 -ELOOP);
}

static void test_builtin(void **state)
{
	static const char builtin[] = "card.license=GPL\0card.firmware=card/a.bin\0"
				      "card.firmware=b.bin\0other.firmware=c.bin";
	static const struct fake_row names[] = { { "card", "" }, { "other", "" } };
	_cleanup_module_info_ struct module_info info = { 0 }, none = { 0 };
	const char *modules_dir = scratch_path("root" FAKE_MODULES_DIR);

	assert_int_equal(module_info_read_builtin(reader, "card", &none), 0);
	assert_int_equal(none.firmware.n_items, 0);
	fake_kernel_write_index(modules_dir, "modules.builtin.bin", names, ARRAY_SIZE(names));
	assert_int_equal(module_info_read_builtin(reader, "card", &none), 0);
	assert_int_equal(none.firmware.n_items, 0);
	write_file(scratch_path("root" FAKE_MODULES_DIR "/modules.builtin.modinfo"), builtin,
		   sizeof(builtin));
	reader = module_info_reader_free(reader);
	assert_int_equal(module_info_reader_new(modules_dir, &reader), 0);
	assert_int_equal(module_info_read_builtin(reader, "card", &info), 0);
	assert_int_equal(info.firmware.n_items, 2);
	assert_string_equal(info.firmware.items[0], "card/a.bin");
	assert_string_equal(info.firmware.items[1], "b.bin");
	assert_int_equal(module_info_read_builtin(reader, "nowhere", &none), 0);
	assert_int_equal(none.firmware.n_items, 0);
}

/* What lies at a path is what is read, though the kernel has something builtin of that name. */
static void test_file_named_as_builtin(void **state)
{
	static const struct fake_row names[] = { { "card", "" } };
	static const char builtin[] = "card.firmware=b.bin";
	_cleanup_module_info_ struct module_info info = { 0 };

	fake_kernel_write_index(scratch_path("root" FAKE_MODULES_DIR), "modules.builtin.bin", names,
				ARRAY_SIZE(names));
	write_file(scratch_path("root" FAKE_MODULES_DIR "/modules.builtin.modinfo"), builtin,
		   sizeof(builtin));
	assert_int_equal(module_info_read(reader, write_module(), false, &info), 0);
	assert_int_equal(info.firmware.n_items, 3);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_firmware);
	TEST(&list, test_imports);
	TEST(&list, test_many);
	TEST(&list, test_same_name);
	TEST(&list, test_other_files);
	TEST(&list, test_cut_short);
	TEST(&list, test_no_file);
	TEST(&list, test_builtin);
	TEST(&list, test_file_named_as_builtin);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
