/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which modules a machine's lists bring into an image, and what is left of the lists there. */
#include "image/modules/module-lists.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "recent-log.h"
#include "support.h"

#define DROP_IN   "/etc/modules-load.d/a.conf"
#define OF_DEBIAN "/etc/initramfs-tools/modules"
#define OF_IMAGE  "/conf/modules"

static const struct fake_row modules[] = {
	{ "broken", "kernel/broken.ko: kernel/unwanted.ko" },
	{ "core", "kernel/core.ko:" },
	{ "i2c_dev", "kernel/i2c-dev.ko: kernel/core.ko" },
	{ "nct6775", "kernel/nct6775.ko:" },
	{ "unwanted", "kernel/unwanted.ko:" },
};
static const struct fake_row aliases[] = { { "char_major_89_*", "i2c_dev" } };
static const struct fake_row builtins[] = { { "loop", "" } };

static const struct fake_kernel kernel = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.aliases = aliases,
	.n_aliases = ARRAY_SIZE(aliases),
	.builtins = builtins,
	.n_builtins = ARRAY_SIZE(builtins),
};

static struct sysroot sysroot = SYSROOT_NONE;

static int set_up(void **state)
{
	const char *root = scratch_path("root");

	remove_tree(root);
	fake_kernel_write(&kernel, root);
	return sysroot_open(root, &sysroot);
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return 0;
}

static struct kmod_closure *new_closure(void)
{
	struct kmod_closure *closure;

	assert_int_equal(kmod_closure_new(scratch_path("root" FAKE_MODULES_DIR), FAKE_KVER,
					  &sysroot, &closure),
			 0);
	assert_int_equal(kmod_closure_omit(closure, "unwanted"), 0);
	return closure;
}

/* What the closure has, in the form "name: why; ". */
static void expect_modules(struct kmod_closure *closure, const char *expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct kmod_closure_module *module;
	struct vec list;

	assert_int_equal(kmod_closure_list(closure, &list), 0);
	vec_for_each(module, &list)
		if (module->host_path)
			strbuf_printf(&text, "%s: %s; ", module->name, module->why);
	vec_done(&list, NULL);
	assert_string_equal(strbuf_string(&text), expected);
}

static void expect_file(const struct tree *tree, const char *path, const char *text)
{
	const struct tree_entry *entry = tree_get(tree, path);

	if (!text) {
		assert_null(entry);
		return;
	}
	assert_non_null(entry);
	assert_int_equal(entry->size, strlen(text));
	assert_memory_equal(entry->source, text, entry->size);
}

static const struct row {
	const char *name;
	const char *path, *text;        /* of the machine's list */
	const char *image_path, *image; /* of the one that is left, or NULL */
	const char *modules;
	const char *message; /* that is logged, or NULL */
} rows[] = {
	{ "module", DROP_IN, "# sensors\nnct6775\n", DROP_IN, "nct6775\n",
	  "nct6775: named in " DROP_IN "; " },
	{ "with a dash and needs", DROP_IN, "i2c-dev", DROP_IN, "i2c_dev\n",
	  "core: needed by i2c_dev; i2c_dev: named in " DROP_IN "; " },
	{ "alias", DROP_IN, "char-major-89-0", DROP_IN, "char_major_89_0\n",
	  "core: needed by i2c_dev; i2c_dev: named in " DROP_IN "; " },
	{ "order", DROP_IN, "nct6775\ncore\n", DROP_IN, "nct6775\ncore\n",
	  "core: named in " DROP_IN "; nct6775: named in " DROP_IN "; " },
	{ "with options", OF_DEBIAN, "nct6775 force_id=0xd450\n", OF_IMAGE,
	  "nct6775 force_id=0xd450\n", "nct6775: named in " OF_IMAGE "; " },
	{ "built in", DROP_IN, "loop\n", DROP_IN, NULL, "" },
	{ "not in this kernel", DROP_IN, "vboxdrv\ncore\n", DROP_IN, "core\n",
	  "core: named in " DROP_IN "; ",
	  DROP_IN " names the module vboxdrv, which this kernel does not have" },
	{ "left out by the user", DROP_IN, "unwanted\ncore\n", DROP_IN, "core\n",
	  "core: named in " DROP_IN "; " },
	{ "needs what is left out", DROP_IN, "broken\n", DROP_IN, NULL, "",
	  "leaving out broken as well" },
	{ "comments alone", DROP_IN, "# a\n; b\n\n", DROP_IN, NULL, "" },
	{ "no module", DROP_IN, "na/me\n", DROP_IN, NULL, "", "is no name of a module" },
	{ "another name", "/etc/modules-load.d/README", "core\n", "/etc/modules-load.d/README",
	  NULL, "" },
	{ "a package's", "/usr/lib/modules-load.d/a.conf", "core\n",
	  "/usr/lib/modules-load.d/a.conf", NULL, "" },
};

static void test_list(void **state)
{
	const struct row *row = *state;
	struct kmod_closure *closure = new_closure();
	_cleanup_tree_ struct tree tree = { 0 };
	struct vec lists;

	fake_kernel_write_text(sysroot.path, row->path, row->text);
	recent_log_start();
	assert_int_equal(module_lists_read(&sysroot, &lists), 0);
	assert_int_equal(module_lists_add_modules(&lists, closure), 0);
	assert_int_equal(module_lists_add_to_tree(&lists, &tree), 0);
	if (row->message)
		expect_message(row->message);
	else
		expect_no_message();
	expect_modules(closure, row->modules);
	expect_file(&tree, row->image_path, row->image);
	module_lists_done(&lists);
	kmod_closure_free(closure);
}

static void test_several(void **state)
{
	struct kmod_closure *closure = new_closure();
	_cleanup_tree_ struct tree tree = { 0 };
	struct vec lists;

	fake_kernel_write_text(sysroot.path, "etc/modules-load.d/b.conf", "core\n");
	fake_kernel_write_text(sysroot.path, DROP_IN, "nct6775\n");
	assert_int_equal(tree_add_data(&tree, DROP_IN, 0644, "core\n", 5, "as the user says"), 0);
	assert_int_equal(module_lists_read(&sysroot, &lists), 0);
	assert_int_equal(module_lists_add_modules(&lists, closure), 0);
	assert_int_equal(module_lists_add_to_tree(&lists, &tree), 0);
	expect_file(&tree, DROP_IN, "core\n");
	expect_file(&tree, "/etc/modules-load.d/b.conf", "core\n");
	module_lists_done(&lists);
	kmod_closure_free(closure);
}

int main(void)
{
	static struct test_list list;

	TEST_ROWS(&list, test_list, rows);
	TEST(&list, test_several);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
