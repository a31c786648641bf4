/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of depmod(8): as texts, as indexes, and damaged in many ways. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "image/modules/kmod-dump.h"
#include "image/modules/kmod-tables.h"
#include "support.h"

static const struct fake_row modules[] = {
	{ "last_one", "kernel/last-one.ko.xz:" },
	{ "first", "kernel/first.ko: kernel/last-one.ko.xz updates/a.b.ko" },
	{ "a", "updates/a.b.ko:" },
};

static const struct fake_row aliases[] = {
	{ "pci:v*", "last_one" },
	{ "pci:v1*", "first" },
	{ "crypto_z", "a" },
};

static const struct fake_row builtins[] = { { "inside", "" }, { "in_there", "" } };

static const struct fake_kernel kernel = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
	.builtins = builtins,
	.n_builtins = ARRAY_SIZE(builtins),
};

static const char modules_dir[] = "root" FAKE_MODULES_DIR;

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	fake_kernel_write(&kernel, scratch_path("root"));
	return 0;
}

static void remove_file(const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", scratch_path(modules_dir), name);

	assert_non_null(path);
	assert_int_equal(unlink(path), 0);
}

static void remove_texts(void)
{
	remove_file("modules.dep");
	remove_file("modules.alias");
	remove_file("modules.builtin");
}

static void check_tables(struct kmod_tables *tables)
{
	const struct kmod_listed_module *first = kmod_tables_find(tables, "first"), *need;
	struct vec names = { 0 };
	const char *list;

	assert_non_null(first);
	assert_string_equal(first->path, "kernel/first.ko");
	list = first->needs;
	assert_true(kmod_tables_next_need(tables, &list, &need));
	assert_ptr_equal(need, kmod_tables_find(tables, "last_one"));
	assert_true(kmod_tables_next_need(tables, &list, &need));
	assert_string_equal(need->path, "updates/a.b.ko");
	assert_false(kmod_tables_next_need(tables, &list, &need));
	assert_null(kmod_tables_find(tables, "inside"));
	assert_non_null(strmap_get(&tables->builtins, "inside"));
	assert_non_null(strmap_get(&tables->builtins, "in_there"));
	assert_int_equal(kmod_aliases_match(&tables->aliases, "crypto_z", &names), 0);
	assert_int_equal(names.n_items, 1);
	assert_string_equal(names.items[0], "a");
	vec_done(&names, NULL);
}

static void test_texts(void **state)
{
	struct kmod_tables tables;
	struct vec names = { 0 };

	assert_int_equal(kmod_tables_open(scratch_path(modules_dir), &tables), 0);
	check_tables(&tables);
	assert_string_equal(tables.modules[0].name, "last_one");
	assert_int_equal(kmod_aliases_match(&tables.aliases, "pci:v1", &names), 0);
	assert_int_equal(names.n_items, 2);
	assert_string_equal(names.items[0], "last_one");
	vec_done(&names, NULL);
	kmod_tables_close(&tables);
}

static void test_indexes(void **state)
{
	struct kmod_tables tables;

	remove_texts();
	assert_int_equal(kmod_tables_open(scratch_path(modules_dir), &tables), 0);
	check_tables(&tables);
	kmod_tables_close(&tables);
}

static void test_builtin_aliases(void **state)
{
	static const char modinfo[] = "ext4.license=GPL\0ext4.alias=fs-ext4\0ext4.alias=a[\0"
				      "jbd2.alias\0inside.alias=pci:v*\0no dot";
	_cleanup_free_ char *path =
		str_format("%s/modules.builtin.modinfo", scratch_path(modules_dir));
	struct kmod_tables tables;

	assert_non_null(path);
	write_file(path, modinfo, sizeof(modinfo));
	assert_int_equal(kmod_tables_open(scratch_path(modules_dir), &tables), 0);
	assert_int_equal(tables.builtin_aliases.n_rows, 2);
	assert_string_equal(tables.builtin_aliases.rows[0].pattern, "fs_ext4");
	assert_string_equal(tables.builtin_aliases.rows[0].name, "ext4");
	assert_string_equal(tables.builtin_aliases.rows[1].name, "inside");
	kmod_tables_close(&tables);
}

struct damage {
	const char *title, *file, *text;
	int result;
};

static const struct damage damages[] = {
	{ "no modules", "modules.dep", "", 0 },
	{ "empty lines", "modules.dep", "\n\nkernel/a.ko:\n", 0 },
	{ "twice the same", "modules.dep", "kernel/a.ko:\nkernel/x/a.ko:\n", 0 },
	{ "cut off in a path", "modules.dep", "kernel/a.ko: kernel/b", -EBADMSG },
	{ "no colon", "modules.dep", "kernel/a.ko\n", -EBADMSG },
	{ "no name", "modules.dep", "kernel/:\n", -EBADMSG },
	{ "nothing but a colon", "modules.dep", ":\n", -EBADMSG },
	{ "a path out of the directory", "modules.dep", "../../a.ko:\n", -EBADMSG },
	{ "a path through it", "modules.dep", "kernel/../../a.ko:\n", -EBADMSG },
	{ "a name that is not ASCII", "modules.dep", "kernel/\xc3\xa9.ko:\n", -EBADMSG },
	{ "aliases cut off", "modules.alias", "alias pci:v1* a", -EBADMSG },
	{ "no alias", "modules.alias", "pci:v1* a\n", -EBADMSG },
	{ "an alias of nothing", "modules.alias", "alias pci:v1*\n", -EBADMSG },
	{ "an alias with a space", "modules.alias", "# comment\nalias pci: v1 a\n", 0 },
	{ "an alias that cannot match", "modules.alias", "alias pci:[ a\n", 0 },
	{ "an alias that is not ASCII", "modules.alias", "alias \xc3\xa9 a\n", 0 },
	{ "builtins cut off", "modules.builtin", "kernel/a", -EBADMSG },
	{ "a builtin without a name", "modules.builtin", "kernel/\n", -EBADMSG },
};

static void test_damage(void **state)
{
	const struct damage *damage = *state;
	struct kmod_tables tables;

	fake_kernel_write_text(scratch_path(modules_dir), damage->file, damage->text);
	assert_int_equal(kmod_tables_open(scratch_path(modules_dir), &tables), damage->result);
	if (damage->result == 0)
		kmod_tables_close(&tables);
}

static void test_zeros(void **state)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep", scratch_path(modules_dir));
	struct kmod_tables tables;

	assert_non_null(path);
	write_file(path, "kernel/a.ko:\n\0\0\0\n", 17);
	assert_int_equal(kmod_tables_open(scratch_path(modules_dir), &tables), -EBADMSG);
}

/* Neither the text nor the index. */
static void test_missing(void **state)
{
	static const char *const names[] = { "modules.dep", "modules.alias", "modules.builtin" };
	struct kmod_tables tables;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *index = str_format("%s.bin", names[i]);

		assert_non_null(index);
		set_up(NULL);
		remove_file(names[i]);
		remove_file(index);
		assert_int_equal(kmod_tables_open(scratch_path(modules_dir), &tables), -ENOENT);
	}
}

/* Whatever libkmod does of it, this process goes on, soon, and with a result. */
static void read_damaged_index(const char *data, size_t size)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep.bin", scratch_path(modules_dir));
	_cleanup_free_ char *text = NULL;
	size_t text_size;
	int r;

	assert_non_null(path);
	write_file(path, data, size);
	r = kmod_dump(scratch_path(modules_dir), "modules.dep", &text, &text_size);
	assert_true(r == 0 || r == -EBADMSG);
	/* Too little for any of the modules. */
	if (size < 50)
		assert_int_equal(r, -EBADMSG);
}

static void test_truncated_index(void **state)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep.bin", scratch_path(modules_dir));
	_cleanup_free_ char *data = NULL, *text = NULL;
	size_t size;

	assert_non_null(path);
	assert_int_equal(file_read(path, 1 << 20, &data, &size), 0);
	for (size_t i = 0; i < size; i += 7)
		read_damaged_index(data, i);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(kmod_dump(scratch_path(modules_dir), "modules.dep", &text, &size),
			 -ENOENT);
}

static void test_hostile_indexes(void **state)
{
	/* A root beyond the end; with one byte more, since a header alone is an empty index. */
	static const unsigned char far_root[] = { 0xb0, 0x07, 0xf4, 0x57, 0,    2, 0,
						  1,    0x2f, 0xff, 0xff, 0xff, 0 };
	/* A node whose only child is itself. */
	static const unsigned char circle[] = { 0xb0, 0x07, 0xf4, 0x57, 0,   2,    0, 1, 0x20,
						0,    0,    12,   'a',  'a', 0x20, 0, 0, 12 };
	/* A node with more children than there are characters. */
	static const unsigned char wide[] = { 0xb0, 0x07, 0xf4, 0x57, 0,  2,    0,
					      1,    0x20, 0,    0,    12, 0x80, 0x7f };

	read_damaged_index((const char *)far_root, sizeof(far_root));
	read_damaged_index((const char *)circle, sizeof(circle));
	read_damaged_index((const char *)wide, sizeof(wide));
}

/* Four bytes are changed at a time. */
static void test_random_damage(void **state)
{
	_cleanup_free_ char *path = str_format("%s/modules.dep.bin", scratch_path(modules_dir));
	_cleanup_free_ char *data = NULL;
	uint32_t random = 1;
	size_t size;

	assert_non_null(path);
	assert_int_equal(file_read(path, 1 << 20, &data, &size), 0);
	for (int round = 0; round < 50; round++) {
		_cleanup_free_ char *copy = malloc(size);

		assert_non_null(copy);
		memcpy(copy, data, size);
		for (int i = 0; i < 4; i++)
			copy[8 + next_random(&random) % (size - 8)] = (char)next_random(&random);
		read_damaged_index(copy, size);
	}
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_texts);
	TEST(&list, test_indexes);
	TEST(&list, test_builtin_aliases);
	TEST_ROWS(&list, test_damage, damages);
	TEST(&list, test_zeros);
	TEST(&list, test_missing);
	TEST(&list, test_truncated_index);
	TEST(&list, test_hostile_indexes);
	TEST(&list, test_random_damage);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
