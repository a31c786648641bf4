/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The closure over a made-up kernel. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "image/generic-modules.h"
#include "image/kmod-closure.h"
#include "support.h"

#define KVER        FAKE_KVER
#define IMAGE_DIR   FAKE_MODULES_DIR
#define CHAIN_DEPTH 1000

/* As depmod has it: a module's file, then what it needs. */
static const struct fake_row dependencies[] = {
	{ "bus", "kernel/drivers/bus.ko.xz:" },
	{ "core", "kernel/drivers/core.ko: kernel/drivers/bus.ko.xz" },
	{ "disk", "kernel/drivers/disk.ko: kernel/drivers/core.ko kernel/drivers/bus.ko.xz" },
	{ "gone", "kernel/drivers/gone.ko:" },
	{ "kbd", "kernel/drivers/hid/kbd.ko: kernel/drivers/gpu/panel.ko" },
	{ "lan", "kernel/net/lan.ko:" },
	{ "lan_disk", "kernel/drivers/scsi/lan-disk.ko: kernel/net/lan.ko" },
	{ "later", "kernel/drivers/later.ko:" },
	{ "panel", "kernel/drivers/gpu/panel.ko:" },
	{ "sum_fast", "kernel/crypto/sum-fast.ko:" },
	{ "sum_slow", "kernel/crypto/sum-slow.ko:" },
	{ "table", "kernel/lib/table.ko:" },
	{ "tcrypt", "kernel/crypto/tcrypt.ko:" },
};

/* depmod writes dashes as underscores, and libkmod looks for them so. */
static const struct fake_row aliases[] = {
	{ "crypto_sum", "sum_fast" },
	{ "crypto_sum", "sum_slow" },
	{ "pci:v1", "disk" },
};

static const struct fake_row builtins[] = { { "inside", "" } };

static const char soft_dependencies[] = "softdep disk pre: crypto-sum\n"
					"softdep d?sk pre: table nowhere inside post: later\n"
					"softdep later pre: disk\n";

static const struct fake_kernel kernel = {
	.modules = dependencies,
	.n_modules = ARRAY_SIZE(dependencies),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
	.builtins = builtins,
	.n_builtins = ARRAY_SIZE(builtins),
	.softdep = soft_dependencies,
};

static int set_up(void **state)
{
	const char *root = scratch_path("root");

	remove_tree(root);
	fake_kernel_write(&kernel, root);
	*state = (void *)scratch_path("root" FAKE_MODULES_DIR);
	return 0;
}

static struct kmod_closure *open_closure(const char *dir)
{
	struct kmod_closure *closure;

	assert_int_equal(kmod_closure_new(dir, KVER, &closure), 0);
	return closure;
}

static void test_hard_dependencies(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add(closure, "core", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), 2);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree), 0);
	assert_string_equal(tree_get(&tree, IMAGE_DIR "/kernel/drivers/core.ko")->why, "wanted");
	assert_string_equal(tree_get(&tree, IMAGE_DIR "/kernel/drivers/bus.ko.xz")->why,
			    "needed by core");
	assert_null(tree_get(&tree, IMAGE_DIR "/kernel/drivers/disk.ko"));
	kmod_closure_free(closure);
}

/*
 * Both lines count, one of them a pattern, both kinds, aliases and cycles; what is missing or
 * builtin does no harm.
 */
static void test_soft_dependencies(void **state)
{
	static const char *const expected[] = {
		"drivers/bus.ko.xz", "drivers/core.ko",    "drivers/disk.ko",    "drivers/later.ko",
		"lib/table.ko",      "crypto/sum-fast.ko", "crypto/sum-slow.ko",
	};
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add(closure, "pci:v1", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), ARRAY_SIZE(expected));
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree), 0);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		_cleanup_free_ char *path = str_format(IMAGE_DIR "/kernel/%s", expected[i]);

		assert_non_null(path);
		assert_non_null(tree_get(&tree, path));
	}
	kmod_closure_free(closure);
}

static void test_names(void **state)
{
	struct kmod_closure *closure = open_closure(*state);

	assert_int_equal(kmod_closure_add(closure, "inside", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), 0);
	assert_int_equal(kmod_closure_add(closure, "nowhere", "wanted"), -ENOENT);
	assert_int_equal(kmod_closure_add(closure, "sum-fast", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), 1);
	assert_int_equal(kmod_closure_add(closure, "crypto-sum", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), 2);
	kmod_closure_free(closure);
}

static const char *find_bus(const char *path)
{
	return str_equal(path, "kernel/drivers/bus.ko.xz") ? "found" : NULL;
}

static void test_search_needs(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	const char *found;

	assert_int_equal(kmod_closure_search_needs(closure, "disk", find_bus, &found), 0);
	assert_string_equal(found, "found");
	assert_int_equal(kmod_closure_search_needs(closure, "lan-disk", find_bus, &found), 0);
	assert_null(found);
	assert_int_equal(kmod_closure_search_needs(closure, "bus", find_bus, &found), 0);
	assert_null(found);
	assert_int_equal(kmod_closure_search_needs(closure, "nowhere", find_bus, &found), 0);
	assert_null(found);
	assert_int_equal(kmod_closure_count(closure), 0);
	kmod_closure_free(closure);
}

static void test_indexes_go_along(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add_to_tree(closure, &tree), 0);
	assert_non_null(tree_get(&tree, IMAGE_DIR "/modules.dep.bin"));
	assert_non_null(tree_get(&tree, IMAGE_DIR "/modules.softdep"));
	assert_null(tree_get(&tree, IMAGE_DIR "/modules.weakdep"));
	kmod_closure_free(closure);
}

static void test_file_that_is_gone(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add(closure, "gone", "wanted"), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree), -ENOENT);
	kmod_closure_free(closure);
}

static void test_damaged_indexes(void **state)
{
	static const char *const names[] = { "modules.dep.bin", "modules.builtin.bin" };
	struct kmod_closure *closure;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_free_ char *path = str_format("%s/%s", (char *)*state, names[i]);

		assert_non_null(path);
		assert_int_equal(unlink(path), 0);
		assert_true(kmod_closure_new(*state, KVER, &closure) < 0);
		fake_kernel_write_text(*state, names[i], "");
	}
	assert_true(kmod_closure_new(*state, KVER, &closure) < 0);
	assert_true(kmod_closure_new("/nonexistent", KVER, &closure) < 0);
}

/* Each module has a soft dependency on the next one. */
static void test_deep_chain(void **state)
{
	static char keys[CHAIN_DEPTH][8], values[CHAIN_DEPTH][32];
	_cleanup_strbuf_ struct strbuf softdep = { 0 };
	struct fake_row rows[CHAIN_DEPTH];
	struct kmod_closure *closure;

	for (unsigned int i = 0; i < CHAIN_DEPTH; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "m%03u", i);
		(void)snprintf(values[i], sizeof(values[i]), "kernel/m%03u.ko:", i);
		rows[i] = (struct fake_row){ keys[i], values[i] };
		strbuf_printf(&softdep, "softdep m%03u pre: m%03u\n", i, (i + 1) % CHAIN_DEPTH);
	}
	fake_kernel_write_modules(*state, rows, CHAIN_DEPTH);
	fake_kernel_write_text(*state, "modules.softdep", strbuf_string(&softdep));

	closure = open_closure(*state);
	assert_int_equal(kmod_closure_add(closure, "m000", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), CHAIN_DEPTH);
	kmod_closure_free(closure);
}

static void test_generic_patterns(void **state)
{
	assert_true(generic_modules_match("kernel/fs/ext4/ext4.ko.xz", "kernel/fs/ext4/"));
	assert_true(generic_modules_match("kernel/fs/ext4/ext4.ko.xz", "kernel/fs/ext4/ext4."));
	assert_false(generic_modules_match("kernel/fs/ext4/ext4.ko.xz", "kernel/fs/ext/"));
	assert_false(generic_modules_match("kernel/fs", "kernel/fs/"));
	assert_true(generic_modules_match("kernel/arch/x86/crypto/a.ko", "kernel/arch/*/crypto/"));
	assert_false(generic_modules_match("kernel/arch/x86/kvm/a.ko", "kernel/arch/*/crypto/"));
	assert_false(generic_modules_match("kernel/arch", "kernel/arch/*/crypto/"));
}

static void test_generic_choice(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(generic_modules_add(closure, *state), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree), 0);
	assert_non_null(tree_get(&tree, IMAGE_DIR "/kernel/crypto/sum-slow.ko"));
	/* In a directory that is taken, but a test. */
	assert_null(tree_get(&tree, IMAGE_DIR "/kernel/crypto/tcrypt.ko"));
	/* Both need what is barred, but without the keyboard there is no passphrase. */
	assert_null(tree_get(&tree, IMAGE_DIR "/kernel/drivers/scsi/lan-disk.ko"));
	assert_non_null(tree_get(&tree, IMAGE_DIR "/kernel/drivers/hid/kbd.ko"));
	assert_non_null(tree_get(&tree, IMAGE_DIR "/kernel/drivers/gpu/panel.ko"));
	assert_int_equal(kmod_closure_count(closure), 4);
	kmod_closure_free(closure);
}

static void make_link(const char *dir, const char *target, const char *name)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);

	assert_non_null(path);
	assert_int_equal(symlink(target, path), 0);
}

/* One to modules is followed, those to the kernel's source code and those to nowhere are not. */
static void test_generic_links(void **state)
{
	struct kmod_closure *closure = open_closure(*state);

	make_link(*state, "../moved", "kernel/fs");
	make_link(*state, "nowhere", "kernel/lost.ko");
	make_link(*state, "../../other", "kernel/crypto/build");
	fake_kernel_write_text(*state, "moved/ext4/table.ko", "");
	fake_kernel_write_text(*state, "other/strange.ko", "");
	assert_int_equal(generic_modules_add(closure, *state), 0);
	assert_int_equal(kmod_closure_count(closure), 5);
	kmod_closure_free(closure);
}

/* Whoever put it there has not run depmod; where no rule takes it, that does not matter. */
static void test_generic_not_listed(void **state)
{
	struct kmod_closure *closure = open_closure(*state);

	fake_kernel_write_text(*state, "kernel/net/new.ko", "");
	fake_kernel_write_text(*state, "kernel/crypto/new.txt", "");
	assert_int_equal(generic_modules_add(closure, *state), 0);
	fake_kernel_write_text(*state, "kernel/crypto/new.ko.gz", "");
	assert_int_equal(generic_modules_add(closure, *state), -ENOENT);
	kmod_closure_free(closure);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_hard_dependencies);
	TEST(&list, test_soft_dependencies);
	TEST(&list, test_names);
	TEST(&list, test_search_needs);
	TEST(&list, test_indexes_go_along);
	TEST(&list, test_file_that_is_gone);
	TEST(&list, test_damaged_indexes);
	TEST(&list, test_deep_chain);
	TEST(&list, test_generic_patterns);
	TEST(&list, test_generic_choice);
	TEST(&list, test_generic_links);
	TEST(&list, test_generic_not_listed);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
