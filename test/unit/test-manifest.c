/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/tree/manifest.h"
#include "kindling/image-layout.h"

static void parse(const char *text, struct manifest *ret_manifest)
{
	assert_int_equal(manifest_parse(text, strlen(text), ret_manifest), 0);
}

static void test_parse(void **state)
{
	_cleanup_manifest_ struct manifest manifest = { 0 };

	parse("/a\tfirst\n/a b\tneeded by /a\n/c\\011\\012\\134d\\x\tis \\134 odd\n/e\t\n/f\tlast",
	      &manifest);
	assert_string_equal(manifest_get(&manifest, "/a"), "first");
	assert_string_equal(manifest_get(&manifest, "/a b"), "needed by /a");
	assert_string_equal(manifest_get(&manifest, "/c\t\n\\d\\x"), "is \\ odd");
	assert_string_equal(manifest_get(&manifest, "/e"), "");
	assert_string_equal(manifest_get(&manifest, "/f"), "last");
	assert_null(manifest_get(&manifest, "/g"));
}

static const struct bad_row {
	const char *name, *text;
	size_t size;
} bad_rows[] = {
	{ "no tab", "/a first\n", 9 },
	{ "no path", "a\tfirst\n", 8 },
	{ "empty line", "/a\tfirst\n\n", 10 },
	{ "NUL", "/a\tfir\0st\n", 10 },
	{ "binary",
	  "\x7f"
	  "ELF\t",
	  5 },
};

static void test_no_manifest(void **state)
{
	const struct bad_row *row = *state;
	struct manifest manifest;

	assert_int_equal(manifest_parse(row->text, row->size, &manifest), -EBADMSG);
}

static const struct chain_row {
	const char *name, *text, *path;
	const char *paths[4]; /* of the chain, up to NULL */
	bool is_circular;
} chain_rows[] = {
	{ "root cause", "/a\tthe init\n", "/a", { "/a" } },
	{ "chain",
	  "/a\tneeded by /b\n/b\tneeded by /c\n/c\tthe init\n",
	  "/a",
	  { "/a", "/b", "/c" } },
	{ "absent", "/a\tthe init\n", "/b", { NULL } },
	{ "cause is not in the image", "/a\tfound in /etc/x\n", "/a", { "/a" } },
	{ "path is not the last word", "/a\tsee /b for it\n/b\tx\n", "/a", { "/a" } },
	{ "path is all of the reason", "/a\t/b\n/b\tx\n", "/a", { "/a", "/b" } },
	{ "cause has a space", "/a\tneeded by /b c\n/b c\tx\n/c\ty\n", "/a", { "/a", "/b c" } },
	{ "circle", "/a\tneeded by /b\n/b\tneeded by /a\n", "/a", { "/a", "/b" }, true },
	{ "circle of one", "/a\tneeded by /a\n", "/a", { "/a" }, true },
	{ "circle behind a tail",
	  "/a\tneeded by /b\n/b\tneeded by /c\n/c\tneeded by /b\n",
	  "/a",
	  { "/a", "/b", "/c" },
	  true },
};

static void test_chain(void **state)
{
	const struct chain_row *row = *state;
	_cleanup_manifest_ struct manifest manifest = { 0 };
	const struct manifest_link *link;
	struct vec chain;
	bool is_circular;
	size_t n = 0;

	parse(row->text, &manifest);
	assert_int_equal(manifest_get_chain(&manifest, row->path, NULL, NULL, &chain, &is_circular),
			 0);
	while (row->paths[n])
		n++;
	assert_int_equal(chain.n_items, n);
	vec_for_each(link, &chain) {
		assert_string_equal(link->path, row->paths[link_index]);
		assert_ptr_equal(link->reason, manifest_get(&manifest, link->path));
	}
	assert_int_equal(is_circular, row->is_circular);
	vec_done(&chain, free);
}

/* As if /bin were a link to usr/bin. */
static const char *resolve_bin(const void *userdata, const char *path)
{
	return str_equal(path, "/bin/x") ? userdata : NULL;
}

static void test_chain_through_links(void **state)
{
	_cleanup_manifest_ struct manifest manifest = { 0 };
	const struct manifest_link *link;
	struct vec chain;
	bool is_circular;

	parse("/a\tneeded by /bin/x\n/b\tneeded by /a\n/usr/bin/x\tasked for\n", &manifest);
	assert_int_equal(manifest_get_chain(&manifest, "/a", resolve_bin, "/usr/bin/x", &chain,
					    &is_circular),
			 0);
	assert_int_equal(chain.n_items, 2);
	link = chain.items[1];
	assert_string_equal(link->path, "/usr/bin/x");
	assert_string_equal(link->reason, "asked for");
	vec_done(&chain, free);
	/* What cannot be resolved is the end. */
	assert_int_equal(manifest_get_chain(&manifest, "/b", resolve_bin, "/usr/bin/x", &chain,
					    &is_circular),
			 0);
	assert_int_equal(chain.n_items, 1);
	vec_done(&chain, free);
}

static void test_add(void **state)
{
	static const char own[] = "says why each file is in the image";
	_cleanup_tree_ struct tree tree = { 0 };
	_cleanup_manifest_ struct manifest manifest = { 0 };
	const struct tree_entry *entry;
	struct vec entries;

	assert_int_equal(tree_add_directory(&tree, "/usr/lib", 0755, "layout"), 0);
	assert_int_equal(tree_add_symlink(&tree, "/lib", "usr/lib", "layout"), 0);
	assert_int_equal(tree_add_data(&tree, "/odd\tname\n\\x", 0644, "x", 1, "asked\tfor"), 0);
	assert_int_equal(manifest_add(&tree), 0);

	entry = tree_get(&tree, IMAGE_MANIFEST);
	assert_non_null(entry);
	assert_int_equal(manifest_parse(entry->source, entry->size, &manifest), 0);
	/* All there is, and nothing else. */
	assert_int_equal(tree_sort(&tree, &entries), 0);
	assert_int_equal(manifest.reasons.n_entries, entries.n_items);
	vec_for_each(entry, &entries)
		assert_string_equal(manifest_get(&manifest, entry->path), entry->why);
	vec_done(&entries, NULL);
	assert_string_equal(manifest_get(&manifest, IMAGE_MANIFEST), own);
	assert_string_equal(manifest_get(&manifest, "/usr/lib/kindling"), own);
}

static void test_add_is_sorted(void **state)
{
	static const char expected[] = "/a\tx\n"
				       "/usr\tsays why each file is in the image\n"
				       "/usr/lib\tsays why each file is in the image\n"
				       "/usr/lib/kindling\tsays why each file is in the image\n"
				       "/usr/lib/kindling/manifest\tsays why each file is in the "
				       "image\n"
				       "/z\\134\tx\n";
	_cleanup_tree_ struct tree tree = { 0 };
	const struct tree_entry *entry;

	assert_int_equal(tree_add_directory(&tree, "/z\\", 0755, "x"), 0);
	assert_int_equal(tree_add_directory(&tree, "/a", 0755, "x"), 0);
	assert_int_equal(manifest_add(&tree), 0);
	entry = tree_get(&tree, IMAGE_MANIFEST);
	assert_int_equal(entry->size, strlen(expected));
	assert_memory_equal(entry->source, expected, entry->size);
	assert_int_equal(entry->mode & 07777, 0644);
}

/* The manifest must be described by the path that it really gets. */
static void test_add_below_a_link(void **state)
{
	_cleanup_tree_ struct tree tree = { 0 };
	_cleanup_manifest_ struct manifest manifest = { 0 };
	const struct tree_entry *entry;

	assert_int_equal(tree_add_directory(&tree, "/real", 0755, "layout"), 0);
	assert_int_equal(tree_add_symlink(&tree, "/usr", "real", "layout"), 0);
	assert_int_equal(manifest_add(&tree), 0);
	entry = tree_get(&tree, "/real/lib/kindling/manifest");
	assert_non_null(entry);
	assert_int_equal(manifest_parse(entry->source, entry->size, &manifest), 0);
	assert_non_null(manifest_get(&manifest, "/real/lib/kindling/manifest"));
	assert_null(manifest_get(&manifest, IMAGE_MANIFEST));
}

static void test_add_fails(void **state)
{
	_cleanup_tree_ struct tree tree = { 0 };

	assert_int_equal(manifest_add(&tree), 0);
	assert_int_equal(tree_add_directory(&tree, "/later", 0755, "x"), 0);
	assert_int_equal(manifest_add(&tree), -EEXIST);
	tree_done(&tree);
	assert_int_equal(tree_add_data(&tree, "/usr", 0644, "x", 1, "in the way"), 0);
	assert_int_equal(manifest_add(&tree), -ENOTDIR);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_parse);
	TEST_ROWS(&list, test_no_manifest, bad_rows);
	TEST_ROWS(&list, test_chain, chain_rows);
	TEST(&list, test_chain_through_links);
	TEST(&list, test_add);
	TEST(&list, test_add_is_sorted);
	TEST(&list, test_add_below_a_link);
	TEST(&list, test_add_fails);
	return test_list_run(&list);
}
