/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The indexes of an image against those of the whole kernel: libkmod must find the same in both,
 * as far as it is in the image, and so must our own look-ups. For the made-up kernel, and for real
 * ones where test/run has left them.
 */
#include <dirent.h>
#include <fnmatch.h>
#include <libkmod.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "image/modules/kmod-closure.h"
#include "image/modules/kmod-index.h"
#include "support.h"

#define KVER FAKE_KVER

static const struct fake_row modules[] = {
	{ "nvme", "kernel/nvme.ko: kernel/nvme-core.ko" },
	{ "nvme_core", "kernel/nvme-core.ko:" },
	{ "sum_fast", "kernel/sum-fast.ko.xz:" },
	{ "sum_slow", "kernel/sum-slow.ko:" },
	{ "ext4", "kernel/ext4.ko: kernel/sum-slow.ko" },
	{ "sound", "kernel/sound.ko:" },
	{ "raid_card", "kernel/drivers/scsi/raid-card.ko: kernel/sound.ko" },
};

static const struct fake_row aliases[] = {
	{ "pci:v*d*sv*sd*bc01sc08i02*", "nvme" },
	{ "pci:v1d2*", "sound" },
	{ "crypto_sum", "sum_fast" },
	{ "crypto_sum", "sum_slow" },
	{ "crypto_s[tu]m", "sum_slow" },
	{ "fs_ext4", "ext4" },
	{ "pci:v1000*", "raid_card" },
	{ "char_major_14", "sound" },
};

static const struct fake_row builtins[] = { { "inside", "" } };

static const struct fake_kernel kernel = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
	.builtins = builtins,
	.n_builtins = ARRAY_SIZE(builtins),
	.softdep = "# comment\nsoftdep ext4 pre: crypto-sum\nsoftdep sound pre: inside\n"
		   "softdep s*d pre: x\n",
};

/* What of it a kernel has. */
static const char *const wanted[] = {
	"nvme",         "ext4",          "ahci",        "xhci_pci", "usb_storage",
	"usbhid",       "virtio_blk",    "virtio_pci",  "dm_crypt", "btrfs",
	"i2c_hid_acpi", "crypto-crc32c", "aesni_intel", "i915",
};

static struct sysroot sysroot = SYSROOT_NONE;

static struct kmod_ctx *open_kernel(const char *dir)
{
	static const char *const no_config[] = { NULL };
	struct kmod_ctx *ctx = kmod_new(dir, no_config);

	assert_non_null(ctx);
	assert_int_equal(kmod_load_resources(ctx), 0);
	return ctx;
}

static bool has_member(const struct vec *members, const char *name)
{
	const struct kmod_closure_module *member;

	vec_for_each(member, members)
		if (str_equal(member->name, name))
			return true;
	return false;
}

/* What libkmod finds, "a b c", of what is in @members, each once. */
static void look_up(struct kmod_ctx *ctx, const char *alias, const struct vec *members,
		    struct strbuf *found)
{
	struct kmod_list *list = NULL, *item;
	const char *last = "";

	assert_int_equal(kmod_module_new_from_lookup(ctx, alias, &list), 0);
	kmod_list_foreach(item, list)
	{
		struct kmod_module *module = kmod_module_get_module(item);
		const char *name = kmod_module_get_name(module);

		if (!str_equal(name, last) && has_member(members, name))
			strbuf_printf(found, " %s", name);
		last = name;
		kmod_module_unref(module);
	}
	kmod_module_unref_list(list);
}

static void look_up_here(struct kmod_aliases *table, const char *alias, const struct vec *members,
			 struct strbuf *found)
{
	struct vec names = { 0 };
	const char *name;

	assert_int_equal(kmod_aliases_match(table, alias, &names), 0);
	vec_for_each(name, &names)
		if (has_member(members, name))
			strbuf_printf(found, " %s", name);
	vec_done(&names, NULL);
}

/* A string that @pattern matches. */
static void make_alias(const char *pattern, char *alias, size_t size)
{
	size_t n = 0;

	for (const char *c = pattern; *c && n + 1 < size; c++) {
		if (*c == '[') {
			alias[n++] = c[1];
			c = strchr(c, ']');
		} else if (*c != '*') {
			alias[n++] = *c == '?' ? '0' : *c;
		}
	}
	alias[n] = '\0';
	assert_int_equal(fnmatch(pattern, alias, 0), 0);
}

/* All dependencies of @name, by their names: the files are called otherwise. */
static void describe(struct kmod_ctx *ctx, const char *name, struct strbuf *found)
{
	struct kmod_list *needs, *item;
	struct kmod_module *module;

	assert_int_equal(kmod_module_new_from_name(ctx, name, &module), 0);
	assert_non_null(kmod_module_get_path(module));
	needs = kmod_module_get_dependencies(module);
	kmod_list_foreach(item, needs)
	{
		struct kmod_module *need = kmod_module_get_module(item);

		strbuf_printf(found, " %s", kmod_module_get_name(need));
		kmod_module_unref(need);
	}
	kmod_module_unref_list(needs);
	kmod_module_unref(module);
}

static void compare_aliases(struct kmod_closure *closure, struct kmod_ctx *whole,
			    struct kmod_ctx *image, const struct vec *members)
{
	struct kmod_aliases *table =
		(struct kmod_aliases *)&kmod_closure_get_tables(closure)->aliases;

	for (size_t i = 0; i < table->n_rows; i++) {
		_cleanup_strbuf_ struct strbuf expected = { 0 }, found = { 0 }, here = { 0 };
		char alias[KMOD_INDEX_KEY_MAX];

		if (!has_member(members, table->rows[i].name))
			continue;
		make_alias(table->rows[i].pattern, alias, sizeof(alias));
		look_up(whole, alias, members, &expected);
		look_up(image, alias, members, &found);
		assert_string_equal(strbuf_string(&found), strbuf_string(&expected));
		assert_true(found.size > 0);
		/* A module of that very name comes before aliases. */
		if (kmod_tables_find(kmod_closure_get_tables(closure), alias))
			continue;
		look_up_here(table, alias, members, &here);
		assert_string_equal(strbuf_string(&here), strbuf_string(&expected));
	}
}

static void compare_names(struct kmod_ctx *whole, struct kmod_ctx *image, const struct vec *members)
{
	const struct kmod_closure_module *member;

	vec_for_each(member, members) {
		_cleanup_strbuf_ struct strbuf expected = { 0 }, found = { 0 };

		if (!member->host_path)
			continue;
		describe(whole, member->name, &expected);
		describe(image, member->name, &found);
		assert_string_equal(strbuf_string(&found), strbuf_string(&expected));
	}
}

/* Writes the data of @tree below the scratch directory. */
static void write_tree(const struct tree *tree)
{
	const struct tree_entry *entry;
	struct vec entries;

	assert_int_equal(tree_sort(tree, &entries), 0);
	vec_for_each(entry, &entries) {
		_cleanup_free_ char *path = str_format("%s%s", scratch_path("image"), entry->path);

		assert_non_null(path);
		if (entry->kind == TREE_DATA)
			write_file(path, entry->source, entry->size);
		if (entry->kind == TREE_FILE)
			write_text(path, "");
	}
	vec_done(&entries, NULL);
}

static void compare_kernel(const char *modules_dir)
{
	struct kmod_closure *closure;
	_cleanup_tree_ struct tree tree = { 0 };
	struct kmod_ctx *whole, *image;
	struct kmod_module *builtin;
	struct vec members;

	assert_int_equal(kmod_closure_new(modules_dir, KVER, &sysroot, &closure), 0);
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		(void)kmod_closure_add(closure, wanted[i], "wanted");
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_ZSTD), 0);
	remove_tree(scratch_path("image"));
	write_tree(&tree);

	whole = open_kernel(modules_dir);
	image = open_kernel(scratch_path("image" FAKE_MODULES_DIR));
	assert_int_equal(kmod_closure_list(closure, &members), 0);
	compare_aliases(closure, whole, image, &members);
	compare_names(whole, image, &members);
	assert_int_equal(kmod_module_new_from_name(image, "sound", &builtin), 0);
	assert_null(kmod_module_get_path(builtin));
	kmod_module_unref(builtin);
	vec_done(&members, NULL);
	kmod_unref(whole);
	kmod_unref(image);
	kmod_closure_free(closure);
}

static void test_made_up_kernel(void **state)
{
	_cleanup_free_ char *modules_dir = strdup(scratch_path("root" FAKE_MODULES_DIR));

	assert_non_null(modules_dir);
	compare_kernel(modules_dir);
}

/* Lines of what is not in the image are gone, those of patterns stay. */
static void test_softdep(void **state)
{
	static const char *const lines = "softdep ext4 pre: crypto-sum\nsoftdep s*d pre: x\n";
	_cleanup_tree_ struct tree tree = { 0 };
	const struct tree_entry *entry;
	struct kmod_closure *closure;

	assert_int_equal(kmod_closure_new(scratch_path("root" FAKE_MODULES_DIR), KVER, &sysroot,
					  &closure),
			 0);
	assert_int_equal(kmod_closure_add(closure, "ext4", "wanted"), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
	entry = tree_get(&tree, FAKE_MODULES_DIR "/modules.softdep");
	assert_non_null(entry);
	assert_int_equal(entry->size, strlen(lines));
	assert_memory_equal(entry->source, lines, entry->size);
	assert_null(tree_get(&tree, FAKE_MODULES_DIR "/modules.weakdep"));
	kmod_closure_free(closure);
}

struct absence {
	const char *alias, *found;
};

/* What boot would name as missing: what leads to disks, and what the kernel asks for. */
static const struct absence absences[] = {
	{ "pci:v1000", " raid_card" },
	{ "char-major-14", " sound" },
	{ "pci:v1d2", "" },
	{ "raid_card", "" },
};

static void test_absence(void **state)
{
	struct kmod_closure_module raid_card = { .name = "raid_card" }, sound = { .name = "sound" };
	void *items[] = { &raid_card, &sound };
	const struct vec all = { .items = items, .n_items = ARRAY_SIZE(items) };
	_cleanup_strbuf_ struct strbuf found = { 0 };
	const struct absence *absence = *state;
	_cleanup_tree_ struct tree tree = { 0 };
	struct kmod_closure *closure;
	struct kmod_ctx *image;

	assert_int_equal(kmod_closure_new(scratch_path("root" FAKE_MODULES_DIR), KVER, &sysroot,
					  &closure),
			 0);
	assert_int_equal(kmod_closure_add(closure, "ext4", "wanted"), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
	remove_tree(scratch_path("image"));
	write_tree(&tree);
	image = open_kernel(scratch_path("image" FAKE_MODULES_DIR));
	look_up(image, absence->alias, &all, &found);
	assert_string_equal(strbuf_string(&found), absence->found);
	kmod_unref(image);
	kmod_closure_free(closure);
}

/* A request for what is built in must not look as if something were missing. */
static void test_builtins(void **state)
{
	static const char modinfo[] = "inside.alias=crypto-inside\0inside.alias=pci:v1*";
	_cleanup_free_ char *path =
		str_format("%s/modules.builtin.modinfo", scratch_path("root" FAKE_MODULES_DIR));
	_cleanup_tree_ struct tree tree = { 0 };
	struct kmod_closure *closure;
	struct vec all = { 0 };
	struct kmod_ctx *image;
	struct kmod_closure_module inside = { .name = "inside" };
	_cleanup_strbuf_ struct strbuf found = { 0 };

	assert_non_null(path);
	write_file(path, modinfo, sizeof(modinfo));
	assert_int_equal(kmod_closure_new(scratch_path("root" FAKE_MODULES_DIR), KVER, &sysroot,
					  &closure),
			 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
	remove_tree(scratch_path("image"));
	write_tree(&tree);
	image = open_kernel(scratch_path("image" FAKE_MODULES_DIR));
	assert_int_equal(vec_push(&all, &inside), 0);
	look_up(image, "inside", &all, &found);
	look_up(image, "crypto-inside", &all, &found);
	look_up(image, "pci:v1", &all, &found);
	assert_string_equal(strbuf_string(&found), " inside inside");
	vec_done(&all, NULL);
	kmod_unref(image);
	kmod_closure_free(closure);
}

static void test_real_kernel(void **state)
{
	const char *cache = getenv("KINDLING_CACHE"), *home = getenv("HOME");
	_cleanup_free_ char *path = NULL;
	_cleanup_closedir_ DIR *directory = NULL;
	const struct dirent *entry;

	if (cache)
		path = str_format("%s/kernels/%s/lib/modules", cache, (const char *)*state);
	else
		path = str_format("%s/.cache/kindling/kernels/%s/lib/modules", home ? home : "",
				  (const char *)*state);
	assert_non_null(path);
	directory = opendir(path);
	if (!directory)
		skip();
	while ((entry = readdir(directory))) {
		_cleanup_free_ char *modules_dir = str_format("%s/%s", path, entry->d_name);

		assert_non_null(modules_dir);
		if (entry->d_name[0] != '.')
			compare_kernel(modules_dir);
	}
}

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	fake_kernel_write(&kernel, scratch_path("root"));
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return 0;
}

int main(void)
{
	static const char *const kernels[] = { "bookworm", "trixie", "sid" };
	struct test_list list = { 0 };

	TEST(&list, test_made_up_kernel);
	TEST(&list, test_softdep);
	TEST(&list, test_builtins);
	TEST_ROWS(&list, test_absence, absences);
	for (size_t i = 0; i < ARRAY_SIZE(kernels); i++)
		test_list_add(&list, kernels[i], test_real_kernel, kernels[i]);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
