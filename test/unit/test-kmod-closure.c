/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The closure over a made-up kernel: a directory of empty modules with indexes written here, in
 * the format of libkmod-index.h, so that neither a kernel nor depmod(8) is needed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/generic-modules.h"
#include "image/kmod-closure.h"

#define KVER        "1.2.3-test"
#define IMAGE_DIR   "/usr/lib/modules/" KVER
#define CHAIN_DEPTH 1000

#define INDEX_MAGIC       0xb007f457
#define INDEX_VERSION     0x00020001
#define INDEX_NODE_VALUES 0x40000000
#define INDEX_NODE_CHILDS 0x20000000

struct row {
	const char *key, *value;
};

/* As depmod has it: a module's file, then what it needs. */
static const struct row dependencies[] = {
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
static const struct row aliases[] = {
	{ "crypto_sum", "sum_fast" },
	{ "crypto_sum", "sum_slow" },
	{ "pci:v1", "disk" },
};

static const struct row builtins[] = { { "inside", "" } };

static const char soft_dependencies[] = "softdep disk pre: crypto-sum\n"
					"softdep d?sk pre: table nowhere inside post: later\n"
					"softdep later pre: disk\n";

static void put_number(struct strbuf *index, uint32_t number)
{
	uint32_t big_endian = htonl(number);

	strbuf_append_bytes(index, &big_endian, sizeof(big_endian));
}

static void put_values(struct strbuf *index, const struct row *rows, size_t n_rows)
{
	put_number(index, (uint32_t)n_rows);
	for (size_t i = 0; i < n_rows; i++) {
		put_number(index, 0);
		strbuf_append_bytes(index, rows[i].value, strlen(rows[i].value) + 1);
	}
}

/*
 * Writes the node of all sorted @rows that share their first @depth characters, children first,
 * and returns where it is and what it has.
 */
static uint32_t put_node(struct strbuf *index, const struct row *rows, size_t n_rows, size_t depth)
{
	uint32_t children[128] = { 0 }, at;
	unsigned char first = 0, last = 0;
	size_t n_values = 0;

	while (n_values < n_rows && !rows[n_values].key[depth])
		n_values++;
	for (size_t i = n_values, n; i < n_rows; i += n) {
		last = (unsigned char)rows[i].key[depth];
		first = first ? first : last;
		for (n = 1; i + n < n_rows && rows[i + n].key[depth] == last; n++)
			continue;
		children[last] = put_node(index, rows + i, n, depth + 1);
	}
	at = (uint32_t)index->size;
	if (last) {
		strbuf_append_bytes(index, &first, 1);
		strbuf_append_bytes(index, &last, 1);
		for (unsigned int c = first; c <= last; c++)
			put_number(index, children[c]);
	}
	if (n_values)
		put_values(index, rows, n_values);
	return at | (last ? INDEX_NODE_CHILDS : 0) | (n_values ? INDEX_NODE_VALUES : 0);
}

static void write_file(const char *dir, const char *name, const void *data, size_t size)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);
	char *slash;

	assert_non_null(path);
	slash = strrchr(path, '/');
	*slash = '\0';
	assert_int_equal(file_make_directories(path, 0755), 0);
	*slash = '/';
	assert_int_equal(file_publish(path, data, size, 0644), 0);
}

static void write_index(const char *dir, const char *name, const struct row *rows, size_t n_rows)
{
	_cleanup_strbuf_ struct strbuf index = { 0 };
	uint32_t root;

	put_number(&index, INDEX_MAGIC);
	put_number(&index, INDEX_VERSION);
	put_number(&index, 0);
	root = htonl(put_node(&index, rows, n_rows, 0));
	memcpy(index.data + 2 * sizeof(root), &root, sizeof(root));
	write_file(dir, name, index.data, index.size);
}

static void write_modules(const char *dir, const struct row *rows, size_t n_rows)
{
	write_index(dir, "modules.dep.bin", rows, n_rows);
	for (size_t i = 0; i < n_rows; i++) {
		size_t size = strcspn(rows[i].value, ":");
		_cleanup_free_ char *path = strndup(rows[i].value, size);

		assert_non_null(path);
		if (strcmp(rows[i].key, "gone") != 0)
			write_file(dir, path, path, size);
	}
}

static void remove_dir(const char *dir)
{
	_cleanup_free_ char *command = str_format("rm -rf '%s'", dir);

	assert_non_null(command);
	assert_int_equal(system(command), 0);
}

static int set_up(void **state)
{
	char *dir = strdup("/tmp/test-kmod-closure.XXXXXX");

	if (!dir || !mkdtemp(dir))
		return -1;
	write_modules(dir, dependencies, ARRAY_SIZE(dependencies));
	write_index(dir, "modules.alias.bin", aliases, ARRAY_SIZE(aliases));
	write_index(dir, "modules.symbols.bin", NULL, 0);
	write_index(dir, "modules.builtin.bin", builtins, ARRAY_SIZE(builtins));
	write_file(dir, "modules.softdep", soft_dependencies, strlen(soft_dependencies));
	*state = dir;
	return 0;
}

static int tear_down(void **state)
{
	remove_dir(*state);
	free(*state);
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
		write_file(*state, names[i], "", 0);
	}
	assert_true(kmod_closure_new(*state, KVER, &closure) < 0);
	assert_true(kmod_closure_new("/nonexistent", KVER, &closure) < 0);
}

/* Each module has a soft dependency on the next one. */
static void test_deep_chain(void **state)
{
	static char keys[CHAIN_DEPTH][8], values[CHAIN_DEPTH][32];
	_cleanup_strbuf_ struct strbuf softdep = { 0 };
	struct row rows[CHAIN_DEPTH];
	struct kmod_closure *closure;

	for (unsigned int i = 0; i < CHAIN_DEPTH; i++) {
		(void)snprintf(keys[i], sizeof(keys[i]), "m%03u", i);
		(void)snprintf(values[i], sizeof(values[i]), "kernel/m%03u.ko:", i);
		rows[i] = (struct row){ keys[i], values[i] };
		strbuf_printf(&softdep, "softdep m%03u pre: m%03u\n", i, (i + 1) % CHAIN_DEPTH);
	}
	write_modules(*state, rows, CHAIN_DEPTH);
	write_file(*state, "modules.softdep", softdep.data, softdep.size);

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
	write_file(*state, "moved/ext4/table.ko", "", 0);
	write_file(*state, "other/strange.ko", "", 0);
	assert_int_equal(generic_modules_add(closure, *state), 0);
	assert_int_equal(kmod_closure_count(closure), 5);
	kmod_closure_free(closure);
}

/* Whoever put it there has not run depmod; where no rule takes it, that does not matter. */
static void test_generic_not_listed(void **state)
{
	struct kmod_closure *closure = open_closure(*state);

	write_file(*state, "kernel/net/new.ko", "", 0);
	write_file(*state, "kernel/crypto/new.txt", "", 0);
	assert_int_equal(generic_modules_add(closure, *state), 0);
	write_file(*state, "kernel/crypto/new.ko.gz", "", 0);
	assert_int_equal(generic_modules_add(closure, *state), -ENOENT);
	kmod_closure_free(closure);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hard_dependencies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_soft_dependencies, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_search_needs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_indexes_go_along, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_file_that_is_gone, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_indexes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_deep_chain, set_up, tear_down),
		cmocka_unit_test(test_generic_patterns),
		cmocka_unit_test_setup_teardown(test_generic_choice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_generic_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_generic_not_listed, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
