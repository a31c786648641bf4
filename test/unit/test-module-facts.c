/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Firmware that made-up modules ask for, read from them or remembered; and what an image gets. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "fake-module.h"
#include "image/modules/module-facts.h"
#include "image/modules/module-firmware.h"
#include "image/modules/module-info.h"
#include "recent-log.h"
#include "support.h"

#define DIR "root" FAKE_MODULES_DIR

static struct cache *cache;
static struct sysroot sysroot;
static struct vec paths;
static char names[4][256]; /* what the paths are in */

static atomic_uint n_read;

int __real_module_info_read(const char *host_path, enum module_part part,
			    struct module_info *ret_info);
int __wrap_module_info_read(const char *host_path, enum module_part part,
			    struct module_info *ret_info);
int __wrap_module_info_read(const char *host_path, enum module_part part,
			    struct module_info *ret_info)
{
	n_read++;
	return __real_module_info_read(host_path, part, ret_info);
}

static const struct fake_row modules[] = {
	{ "card", "kernel/card.ko:" },
	{ "plain", "kernel/plain.ko:" },
	{ "radio", "kernel/radio.ko: kernel/plain.ko" },
};
static const struct fake_row builtins[] = { { "screen", "" } };
static const struct fake_kernel kernel_files = {
	.modules = modules,
	.n_modules = ARRAY_SIZE(modules),
	.builtins = builtins,
	.n_builtins = ARRAY_SIZE(builtins),
};

static void write_module(const char *name, const char *modinfo, size_t size)
{
	static const char *const no_imports[] = { NULL };
	char path[128];

	(void)snprintf(path, sizeof(path), DIR "/kernel/%s.ko", name);
	/* A new file, so that its time need not differ to tell it from the old one. */
	assert_int_equal(unlink(scratch_path(path)), 0);
	fake_module_write(&(struct fake_module){ .modinfo = modinfo,
						 .modinfo_size = size,
						 .imports = no_imports },
			  scratch_path(path));
}

#define WRITE_MODULE(name, modinfo) write_module((name), (modinfo), sizeof(modinfo))

static void open_cache(void)
{
	assert_int_equal(setenv("XDG_CACHE_HOME", scratch_path("cache-home"), 1), 0);
	assert_int_equal(cache_open(&cache), 0);
	assert_non_null(cache);
}

static int set_up(void **state)
{
	static const char *const files[] = { "card", "plain", "radio" };

	remove_tree(scratch_path("root"));
	remove_tree(scratch_path("cache-home"));
	fake_kernel_write(&kernel_files, scratch_path("root"));
	WRITE_MODULE("card", "license=GPL\0firmware=card/a.bin\0firmware=card/b-*.bin\0name=card");
	WRITE_MODULE("plain", "license=GPL\0name=plain");
	WRITE_MODULE("radio", "softdep=pre: card\0firmware=radio.bin\0name=radio");
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "%s/kernel/%s.ko", scratch_path(DIR),
			       files[i]);
		assert_int_equal(vec_push(&paths, names[i]), 0);
	}
	open_cache();
	recent_log_start();
	n_read = 0;
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	cache = cache_close(cache);
	vec_done(&paths, NULL);
	sysroot_close(&sysroot);
	return 0;
}

static int read_facts(unsigned int jobs, struct module_facts *ret_facts)
{
	return module_facts_read(scratch_path(DIR), &paths, cache, jobs, ret_facts);
}

/* What each of the modules asks for, with a blank behind each name, modules separated by '|'. */
static void expect_facts(const char *expected, unsigned int n_read_expected)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };
	struct module_facts facts;
	const char *path;

	n_read = 0;
	assert_int_equal(read_facts(2, &facts), 0);
	vec_for_each(path, &paths) {
		const struct module_info *info = module_facts_get(&facts, path);
		const char *name, *rule;

		assert_non_null(info);
		vec_for_each(name, &info->firmware) {
			strbuf_printf(&text, "%s ", name);
		}
		vec_for_each(rule, &info->rules) {
			strbuf_printf(&text, "%s ", rule);
		}
		strbuf_append(&text, "|");
	}
	assert_null(module_facts_get(&facts, "/nowhere"));
	module_facts_done(&facts);
	assert_string_equal(strbuf_string(&text), expected);
	assert_int_equal(n_read, n_read_expected);
	expect_no_message();
}

/* A reason that leads on to the module. */
#define CARD_REASON "firmware for /usr/lib/modules/" FAKE_KVER "/kernel/card.ko"

#define FACTS "card/a.bin card/b-*.bin ||radio.bin softdep=pre: card |"

static void test_cold_and_warm(void **state)
{
	expect_facts(FACTS, 3);
	expect_facts(FACTS, 0);
	cache = cache_close(cache);
	open_cache();
	expect_facts(FACTS, 0);
}

static void test_without_cache(void **state)
{
	cache = cache_close(cache);
	expect_facts(FACTS, 3);
	expect_facts(FACTS, 3);
}

static void test_number_of_threads(void **state)
{
	static const unsigned int jobs[] = { 0, 1, 2, 16, 1000 };

	cache = cache_close(cache);
	for (size_t i = 0; i < ARRAY_SIZE(jobs); i++) {
		struct module_facts facts;

		assert_int_equal(read_facts(jobs[i], &facts), 0);
		assert_int_equal(module_facts_get(&facts, names[0])->firmware.n_items, 2);
		module_facts_done(&facts);
	}
}

static void test_no_modules(void **state)
{
	vec_done(&paths, NULL);
	paths = (struct vec){ 0 };
	expect_facts("", 0);
}

/* Only that one is read again. */
static void test_changed_module(void **state)
{
	expect_facts(FACTS, 3);
	WRITE_MODULE("plain", "firmware=new.bin\0name=plain");
	expect_facts("card/a.bin card/b-*.bin |new.bin |radio.bin softdep=pre: card |", 1);
	expect_facts("card/a.bin card/b-*.bin |new.bin |radio.bin softdep=pre: card |", 0);
}

/* Other modules than the last time: those of the last time stay known. */
static void test_other_modules(void **state)
{
	expect_facts(FACTS, 3);
	paths.n_items = 1;
	expect_facts("card/a.bin card/b-*.bin |", 1);
	paths.n_items = 3;
	expect_facts(FACTS, 0);
}

/* After depmod, whose indexes are what the cache goes by. */
static void test_other_indexes(void **state)
{
	expect_facts(FACTS, 3);
	write_text(scratch_path(DIR "/modules.dep.bin"), "of another size or time");
	expect_facts(FACTS, 3);
	assert_int_equal(unlink(scratch_path(DIR "/modules.dep.bin")), 0);
	expect_facts(FACTS, 3);
	expect_facts(FACTS, 3);
}

static void test_missing_module(void **state)
{
	struct module_facts facts;

	assert_int_equal(unlink(names[1]), 0);
	assert_int_equal(read_facts(2, &facts), -ENOENT);
	module_facts_done(&facts);
	expect_message("kernel/plain.ko, giving up: No such file or directory");
}

struct damage_row {
	const char *name;
	const char *text;
	int error;
};

static const struct damage_row damage_rows[] = {
	{ "empty", "", -ENOEXEC },
	{ "text", "no module at all", -ENOEXEC },
	{ "magic alone",
	  "\x7f"
	  "ELF\2\1\1",
	  -ENOEXEC },
};

/* It is an error each time: nothing of it is remembered. */
static void test_damaged_module(void **state)
{
	const struct damage_row *row = *state;

	write_text(names[1], row->text);
	for (unsigned int i = 0; i < 2; i++) {
		struct module_facts facts;

		assert_int_equal(read_facts(2, &facts), row->error);
		module_facts_done(&facts);
	}
	assert_non_null(strstr(recent_log(), "kernel/plain.ko is damaged or no kernel module"));
}

static void test_module_that_is_cut_off(void **state)
{
	struct module_facts facts;
	struct stat st;

	assert_int_equal(stat(names[1], &st), 0);
	assert_int_equal(truncate(names[1], st.st_size - 10), 0);
	assert_int_equal(read_facts(2, &facts), -EBADMSG);
	module_facts_done(&facts);
	expect_message("kernel/plain.ko is damaged or no kernel module");
}

static void test_unreadable_module(void **state)
{
	struct module_facts facts;

	assert_int_equal(unlink(names[2]), 0);
	assert_int_equal(mkdir(names[2], 0755), 0);
	assert_int_equal(read_facts(1, &facts), -EISDIR);
	module_facts_done(&facts);
	expect_message("cannot read the module ");
}

static struct tree tree;
static bool are_builtins_broken; /* by the time that the modules have been chosen */

static int add_firmware(const char *const *modules_wanted, size_t n_wanted)
{
	struct kernel kernel = {
		.kver = (char *)FAKE_KVER,
		.modules_dir = (char *)scratch_path(DIR),
	};
	_cleanup_kernel_config_ struct kernel_config config = { 0 };
	struct kmod_closure *closure;
	struct module_facts facts;
	int r;

	assert_int_equal(kmod_closure_new(kernel.modules_dir, FAKE_KVER, &sysroot, &closure), 0);
	for (size_t i = 0; i < n_wanted; i++)
		assert_int_equal(kmod_closure_add(closure, modules_wanted[i], "wanted"), 0);
	if (are_builtins_broken)
		assert_int_equal(mkdir(scratch_path(DIR "/modules.builtin.modinfo"), 0755), 0);
	r = module_facts_read_closure(kernel.modules_dir, closure, cache, 2, &facts);
	if (r >= 0)
		r = module_firmware_add(closure, &tree,
					&(struct module_firmware_options){
						.kernel = &kernel,
						.config = &config,
						.sysroot = &sysroot,
						.facts = &facts,
					});
	module_facts_done(&facts);
	kmod_closure_free(closure);
	return r;
}

static void expect_firmware(const char *name, const char *why)
{
	_cleanup_free_ char *path = str_format("/usr/lib/firmware/%s", name);
	const struct tree_entry *entry = path ? tree_get(&tree, path) : NULL;

	if (!why) {
		assert_null(entry);
		return;
	}
	assert_non_null(entry);
	assert_string_equal(entry->why, why);
}

static void install(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "root/usr/lib/firmware/%s", name);
	write_text(scratch_path(path), "firmware");
}

/* Of modules that are files, by need as well, and of those that are built in. */
static void test_firmware_of_modules(void **state)
{
	static const char *const wanted[] = { "card", "screen" };
	static const char modinfo[] = "screen.license=GPL\0screen.firmware=screen.bin";

	write_file(scratch_path(DIR "/modules.builtin.modinfo"), modinfo, sizeof(modinfo));
	assert_int_equal(symlink("usr/lib", scratch_path("root/lib")), 0);
	install("card/a.bin");
	install("card/b-1.bin");
	install("card/b-2.bin");
	install("card/c.bin");
	install("radio.bin");
	install("screen.bin");
	assert_int_equal(tree_add_symlink(&tree, "/lib", "usr/lib", "layout"), 0);
	assert_int_equal(add_firmware(wanted, ARRAY_SIZE(wanted)), 0);
	expect_firmware("card/a.bin", CARD_REASON);
	expect_firmware("card/b-1.bin", CARD_REASON);
	expect_firmware("card/b-2.bin", CARD_REASON);
	expect_firmware("screen.bin", "firmware for screen, which is built in");
	expect_firmware("card/c.bin", NULL);
	expect_firmware("radio.bin", NULL);
	expect_no_message();
	tree_done(&tree);
}

static void test_firmware_that_is_not_installed(void **state)
{
	static const char *const wanted[] = { "card", "radio" };

	assert_int_equal(add_firmware(wanted, ARRAY_SIZE(wanted)), 0);
	assert_int_equal(tree.entries.n_entries, 0);
	expect_no_message();
	tree_done(&tree);
}

static void test_firmware_of_a_damaged_module(void **state)
{
	static const char *const wanted[] = { "radio" };

	write_text(names[1], "damaged");
	assert_int_equal(add_firmware(wanted, ARRAY_SIZE(wanted)), -ENOEXEC);
	expect_message("kernel/plain.ko is damaged or no kernel module");
	tree_done(&tree);
}

static void test_builtins_are_cut_off(void **state)
{
	write_text(scratch_path(DIR "/modules.builtin.modinfo"), "screen.firmware=scre");
	assert_int_equal(add_firmware(NULL, 0), -ESTALE);
	expect_message("modules.builtin.modinfo is cut off");
	tree_done(&tree);
}

static void test_builtins_cannot_be_read(void **state)
{
	are_builtins_broken = true;
	assert_int_equal(add_firmware(NULL, 0), -EISDIR);
	are_builtins_broken = false;
	expect_message("modules.builtin.modinfo, giving up");
	tree_done(&tree);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_cold_and_warm);
	TEST(&list, test_without_cache);
	TEST(&list, test_number_of_threads);
	TEST(&list, test_no_modules);
	TEST(&list, test_changed_module);
	TEST(&list, test_other_modules);
	TEST(&list, test_other_indexes);
	TEST(&list, test_missing_module);
	TEST_ROWS(&list, test_damaged_module, damage_rows);
	TEST(&list, test_module_that_is_cut_off);
	TEST(&list, test_unreadable_module);
	TEST(&list, test_firmware_of_modules);
	TEST(&list, test_firmware_that_is_not_installed);
	TEST(&list, test_firmware_of_a_damaged_module);
	TEST(&list, test_builtins_are_cut_off);
	TEST(&list, test_builtins_cannot_be_read);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
