/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The closure over a made-up kernel. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "image/modules/generic-modules.h"
#include "image/modules/kmod-closure.h"
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

/* The state of each test is the path of the modules directory in this root. */
static struct sysroot sysroot = SYSROOT_NONE;

static void write_kernel(const struct fake_kernel *to_write)
{
	const char *root = scratch_path("root");

	sysroot_close(&sysroot);
	remove_tree(root);
	fake_kernel_write(to_write, root);
	assert_int_equal(sysroot_open(root, &sysroot), 0);
}

static int set_up(void **state)
{
	static char modules_dir[PATH_MAX];

	write_kernel(&kernel);
	(void)snprintf(modules_dir, sizeof(modules_dir), "%s" FAKE_MODULES_DIR, sysroot.path);
	*state = modules_dir;
	return 0;
}

static int tear_down(void **state)
{
	sysroot_close(&sysroot);
	return 0;
}

static struct kmod_closure *open_closure(const char *dir)
{
	struct kmod_closure *closure;

	assert_int_equal(kmod_closure_new(dir, KVER, &sysroot, &closure), 0);
	return closure;
}

static void test_hard_dependencies(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add(closure, "core", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), 2);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
	assert_string_equal(tree_get(&tree, IMAGE_DIR "/kernel/drivers/core.ko")->why, "wanted");
	assert_string_equal(tree_get(&tree, IMAGE_DIR "/kernel/drivers/bus.ko.xz")->why,
			    "needed by " IMAGE_DIR "/kernel/drivers/core.ko");
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
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
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

static void test_file_that_is_gone(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(kmod_closure_add(closure, "gone", "wanted"), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), -ENOENT);
	kmod_closure_free(closure);
}

static void test_damaged_tables(void **state)
{
	_cleanup_free_ char *text = str_format("%s/modules.dep", (char *)*state);
	_cleanup_free_ char *index = str_format("%s/modules.dep.bin", (char *)*state);
	struct kmod_closure *closure;

	assert_non_null(text);
	assert_non_null(index);
	assert_int_equal(unlink(text), 0);
	closure = open_closure(*state);
	assert_int_equal(kmod_closure_add(closure, "core", "wanted"), 0);
	assert_int_equal(kmod_closure_count(closure), 2);
	kmod_closure_free(closure);
	assert_int_equal(unlink(index), 0);
	assert_int_equal(kmod_closure_new(*state, KVER, &sysroot, &closure), -ENOENT);
	write_text(text, "kernel/drivers/core.ko: kernel/bus.ko\n");
	closure = open_closure(*state);
	assert_int_equal(kmod_closure_add(closure, "core", "wanted"), -EBADMSG);
	kmod_closure_free(closure);
	write_text(text, "kernel/drivers/core.ko: kernel/bus");
	assert_int_equal(kmod_closure_new(*state, KVER, &sysroot, &closure), -EBADMSG);
	assert_int_equal(kmod_closure_new("/nonexistent", KVER, &sysroot, &closure), -ENOENT);
}

static void test_unusable_files(void **state)
{
	_cleanup_free_ char *path = str_format("%s/kernel/lib/table.ko", (char *)*state);
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };

	assert_non_null(path);
	assert_int_equal(kmod_closure_add(closure, "table", "wanted"), 0);
	write_text(path, "");
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), -ENODATA);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), -EISDIR);
	kmod_closure_free(closure);
}

/* Plain files only; reasons name the files of the image. */
static void test_compressed_storage(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_free_ char *path = NULL, *other = NULL;
	_cleanup_tree_ struct tree tree = { 0 };
	const struct tree_entry *entry;

	assert_int_equal(kmod_closure_add(closure, "disk", "wanted"), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_ZSTD), 0);
	entry = tree_get(&tree, IMAGE_DIR "/kernel/drivers/core.ko.zst");
	assert_non_null(entry);
	assert_true(entry->is_to_be_compressed);
	assert_string_equal(entry->why, "needed by " IMAGE_DIR "/kernel/drivers/disk.ko.zst");
	entry = tree_get(&tree, IMAGE_DIR "/kernel/drivers/bus.ko.xz");
	assert_non_null(entry);
	assert_false(entry->is_to_be_compressed);
	entry = tree_get(&tree, IMAGE_DIR "/kernel/lib/table.ko.zst");
	assert_string_equal(entry->why,
			    "soft dependency of " IMAGE_DIR "/kernel/drivers/disk.ko.zst");

	assert_int_equal(kmod_closure_get_image_path(closure, "core", MODULE_STORAGE_ZSTD, &path),
			 0);
	assert_string_equal(path, IMAGE_DIR "/kernel/drivers/core.ko.zst");
	assert_int_equal(kmod_closure_get_image_path(closure, "inside", MODULE_STORAGE_ZSTD,
						     &other),
			 -ENOENT);
	assert_int_equal(kmod_closure_get_image_path(closure, "lan", MODULE_STORAGE_ZSTD, &other),
			 -ENOENT);
	kmod_closure_free(closure);
}

/* Absolute links lead where they would after a chroot. */
static void test_link_in_sysroot(void **state)
{
	static const char *const target = FAKE_MODULES_DIR "/kernel/drivers/core.ko";
	_cleanup_free_ char *path = str_format("%s/kernel/lib/table.ko", (char *)*state);
	_cleanup_free_ char *expected = str_format("%s%s", sysroot.path, target);
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_tree_ struct tree tree = { 0 };
	const struct tree_entry *entry;

	assert_non_null(path);
	assert_non_null(expected);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(target, path), 0);
	assert_int_equal(kmod_closure_add(closure, "table", "wanted"), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
	entry = tree_get(&tree, IMAGE_DIR "/kernel/lib/table.ko");
	assert_non_null(entry);
	assert_string_equal(entry->source, expected);
	kmod_closure_free(closure);
}

/* Another kernel, and a question to it. */
struct question {
	const char *title;
	const char *softdep, *weakdep;
	const char *config; /* /etc/modprobe.d/a.conf */
	const char *omit;
	const char *name; /* what is added, with the reason "wanted" */
	int result;
	const char *modules; /* "name: why\n" of each */
};

static const struct question questions[] = {
	{ "hard dependencies go in circles", .name = "ring1",
	  .modules = "ring1: wanted\nring2: needed by ring1\n" },
	{ "soft dependencies go in circles", .softdep = "softdep a pre: b\nsoftdep b post: a\n",
	  .name = "a", .modules = "a: wanted\nb: soft dependency of a\n" },
	{ "soft dependencies go in circles through an alias",
	  .softdep = "softdep a pre: crypto-z\nsoftdep x_y post: a\n", .name = "a",
	  .modules = "a: wanted\nx_y: soft dependency of a\n" },
	{ "weak dependencies",
	  .weakdep = "# a comment\nweakdep a b crypto-z nowhere\nweakdep b c\n", .name = "a",
	  .modules = "a: wanted\nb: weak dependency of a\nc: weak dependency of b\n"
		     "x_y: weak dependency of a\n" },
	{ "weak dependencies with dashes", .weakdep = "weakdep x-y a\n", .name = "x-y",
	  .modules = "a: weak dependency of x_y\nx_y: wanted\n" },
	{ "weak dependencies of a pattern", .weakdep = "weakdep [ab] c\n", .name = "a",
	  .modules = "a: wanted\nc: weak dependency of a\n" },
	{ "modprobe.d has soft and weak dependencies",
	  .config = "softdep a pre: b\nweakdep a \\\n c\n", .name = "a",
	  .modules = "a: wanted\nb: soft dependency of a\nc: weak dependency of a\n" },
	{ "a blacklist does not matter", .config = "blacklist a\nblacklist x_y\n",
	  .name = "crypto-z", .modules = "x_y: wanted\n" },
	{ "a command does not matter", .config = "install a /bin/false\n", .name = "a",
	  .modules = "a: wanted\n" },
	{ "an alias of modprobe.d comes first", .config = "alias crypto-* b\n", .name = "crypto-z",
	  .modules = "b: wanted\n" },
	{ "an alias to nothing does not matter", .config = "alias a off\n", .name = "a",
	  .modules = "a: wanted\n" },
	{ "a pattern", .name = "pci:v1d2", .modules = "a: wanted\nb: wanted\n" },
	{ "built in", .name = "inside", .modules = "inside: wanted\n" },
	{ "a soft dependency on what is built in", .softdep = "softdep a pre: inside\n",
	  .name = "a", .modules = "a: wanted\ninside: soft dependency of a\n" },
	{ "a soft dependency of what is built in", .config = "softdep inside pre: a\n",
	  .name = "inside", .modules = "a: soft dependency of inside\ninside: wanted\n" },
	{ "unknown", .name = "nowhere", .result = -ENOENT, .modules = "" },
	{ "unpaired brackets", .name = "a[", .result = -ENOENT, .modules = "" },
	{ "omitted", .omit = "a", .name = "a", .modules = "" },
	{ "omitted with a dash", .omit = "x-y", .name = "x_y", .modules = "" },
	{ "omitted, out of several", .omit = "a", .name = "pci:v1d2", .modules = "b: wanted\n" },
	{ "omitted, and needed hard", .omit = "ring2", .name = "ring1", .modules = "" },
	{ "omitted, and needed softly", .softdep = "softdep a pre: b c\n", .omit = "b", .name = "a",
	  .modules = "a: wanted\nc: soft dependency of a\n" },
};

static const struct fake_row few_modules[] = {
	{ "a", "kernel/a.ko:" },
	{ "b", "kernel/b.ko:" },
	{ "c", "kernel/c.ko:" },
	{ "ring1", "kernel/ring1.ko: kernel/ring2.ko" },
	{ "ring2", "kernel/ring2.ko: kernel/ring1.ko" },
	{ "x_y", "kernel/x-y.ko:" },
};

static const struct fake_row few_aliases[] = {
	{ "pci:v*d2*", "b" },
	{ "pci:v1*", "a" },
	{ "crypto_z", "x_y" },
};

/* In the order of the tables, whatever the patterns are. */
static void test_question(void **state)
{
	const struct question *question = *state;
	const struct fake_row config = { "etc/modprobe.d/a.conf",
					 question->config ? question->config : "" };
	const struct fake_kernel few = {
		.modules = few_modules,
		.n_modules = ARRAY_SIZE(few_modules),
		.aliases = few_aliases,
		.n_aliases = ARRAY_SIZE(few_aliases),
		.builtins = builtins,
		.n_builtins = ARRAY_SIZE(builtins),
		.softdep = question->softdep,
		.weakdep = question->weakdep,
		.configs = &config,
		.n_configs = 1,
	};
	_cleanup_strbuf_ struct strbuf found = { 0 };
	const struct kmod_closure_module *module;
	struct kmod_closure *closure;
	struct vec modules;

	write_kernel(&few);
	closure = open_closure(scratch_path("root" FAKE_MODULES_DIR));
	if (question->omit)
		assert_int_equal(kmod_closure_omit(closure, question->omit), 0);
	assert_int_equal(kmod_closure_add(closure, question->name, "wanted"), question->result);
	assert_int_equal(kmod_closure_list(closure, &modules), 0);
	vec_for_each(module, &modules)
		strbuf_printf(&found, "%s: %s\n", module->name, module->why);
	assert_string_equal(strbuf_string(&found), question->modules);
	vec_done(&modules, NULL);
	kmod_closure_free(closure);
}

static void test_list(void **state)
{
	struct kmod_closure *closure = open_closure(*state);
	_cleanup_free_ char *path = str_format("%s/kernel/lib/table.ko", (char *)*state);
	const struct kmod_closure_module *module;
	struct vec modules;

	assert_non_null(path);
	assert_int_equal(kmod_closure_omit(closure, "nowhere"), -ENOENT);
	assert_int_equal(kmod_closure_omit(closure, "inside"), -EBUSY);
	assert_int_equal(kmod_closure_add(closure, "table", "wanted"), 0);
	assert_int_equal(kmod_closure_add(closure, "inside", "wanted"), 0);
	assert_int_equal(kmod_closure_list(closure, &modules), 0);
	assert_int_equal(modules.n_items, 2);
	module = modules.items[0];
	assert_string_equal(module->name, "inside");
	assert_null(module->host_path);
	module = modules.items[1];
	assert_string_equal(module->host_path, path);
	vec_done(&modules, NULL);
	kmod_closure_free(closure);
}

struct chain {
	const char *title;
	const char *table;          /* NULL: hard dependencies */
	const char *command, *kind; /* the words of its lines */
};

static const struct chain chains[] = {
	{ "a long circle of hard dependencies" },
	{ "a long circle of soft dependencies", "modules.softdep", "softdep", "pre: " },
	{ "a long circle of weak dependencies", "modules.weakdep", "weakdep", "" },
};

static void test_long_chain(void **state)
{
	static char keys[CHAIN_DEPTH][8], values[CHAIN_DEPTH][64];
	_cleanup_strbuf_ struct strbuf lines = { 0 };
	struct fake_row rows[CHAIN_DEPTH];
	const struct chain *chain = *state;
	_cleanup_free_ char *dir = strdup(scratch_path("root" FAKE_MODULES_DIR));
	struct kmod_closure *closure;

	assert_non_null(dir);
	write_kernel(&kernel);
	for (unsigned int i = 0; i < CHAIN_DEPTH; i++) {
		unsigned int next = (i + 1) % CHAIN_DEPTH;
		char needs[32] = "";

		if (chain->table)
			strbuf_printf(&lines, "%s m%03u %sm%03u\n", chain->command, i, chain->kind,
				      next);
		else
			(void)snprintf(needs, sizeof(needs), " kernel/m%03u.ko", next);
		(void)snprintf(keys[i], sizeof(keys[i]), "m%03u", i);
		(void)snprintf(values[i], sizeof(values[i]), "kernel/m%03u.ko:%s", i, needs);
		rows[i] = (struct fake_row){ keys[i], values[i] };
	}
	fake_kernel_write_modules(dir, rows, CHAIN_DEPTH);
	if (chain->table)
		fake_kernel_write_text(dir, chain->table, strbuf_string(&lines));
	closure = open_closure(dir);
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

	assert_int_equal(generic_modules_add(closure, *state, NULL), 0);
	assert_int_equal(kmod_closure_add_to_tree(closure, &tree, MODULE_STORAGE_AS_IS), 0);
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
	assert_int_equal(generic_modules_add(closure, *state, NULL), 0);
	assert_int_equal(kmod_closure_count(closure), 5);
	kmod_closure_free(closure);
}

/* Whoever put it there has not run depmod; where no rule takes it, that does not matter. */
static void test_generic_not_listed(void **state)
{
	struct kmod_closure *closure = open_closure(*state);

	fake_kernel_write_text(*state, "kernel/net/new.ko", "");
	fake_kernel_write_text(*state, "kernel/crypto/new.txt", "");
	assert_int_equal(generic_modules_add(closure, *state, NULL), 0);
	fake_kernel_write_text(*state, "kernel/crypto/new.ko.gz", "");
	assert_int_equal(generic_modules_add(closure, *state, NULL), -ESTALE);
	kmod_closure_free(closure);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_hard_dependencies);
	TEST(&list, test_soft_dependencies);
	TEST(&list, test_names);
	TEST(&list, test_search_needs);
	TEST(&list, test_file_that_is_gone);
	TEST(&list, test_damaged_tables);
	TEST(&list, test_unusable_files);
	TEST(&list, test_compressed_storage);
	TEST(&list, test_link_in_sysroot);
	TEST(&list, test_list);
	TEST(&list, test_generic_patterns);
	TEST(&list, test_generic_choice);
	TEST(&list, test_generic_links);
	TEST(&list, test_generic_not_listed);
	test_list_set_fixtures(&list, set_up, tear_down);
	TEST_ROWS(&list, test_long_chain, chains);
	TEST_ROWS(&list, test_question, questions);
	return test_list_run(&list);
}
