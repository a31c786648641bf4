/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <string.h>

#include "base/strbuf.h"
#include "image/report/treemap-tree.h"

#define ITEMS_MAX 6
#define N_GROUPS  3

/* The tree is written as NAME:SIZE for a file and NAME:SIZE[...] for a directory. */
static const struct row {
	const char *name;
	struct treemap_item items[ITEMS_MAX];
	const char *expected;
	size_t group; /* of the whole */
} rows[] = {
	{ "nothing", {}, ":0[]", 0 },
	{ "nothing that has a size", { { "/a", 0, 1 } }, ":0[]", 0 },
	{ "one file", { { "/a", 5, 2 } }, "a:5", 2 },
	{ "the largest first, of equals by name",
	  { { "/a", 1, 0 }, { "/b", 3, 1 }, { "/c", 1, 0 }, { "/d", 0, 2 } },
	  ":5[b:3 a:1 c:1]",
	  1 },
	{ "a directory is as large as what is in it",
	  { { "/a", 3, 0 }, { "/b/c", 2, 1 }, { "/b/d", 2, 1 } },
	  ":7[b:4[c:2 d:2] a:3]",
	  1 },
	{ "a directory with one file is that file",
	  { { "/a", 9, 0 }, { "/b/c/d", 2, 1 } },
	  ":11[a:9 d:2]",
	  0 },
	{ "a directory with one directory has both names",
	  { { "/a/b/c/d", 2, 2 }, { "/a/b/c/e", 1, 2 }, { "/f", 1, 0 } },
	  ":4[a/b/c:3[d:2 e:1] f:1]",
	  2 },
	{ "a common beginning is no directory",
	  { { "/a/x", 2, 0 }, { "/a/y", 2, 0 }, { "/ab/x", 1, 0 }, { "/ab/y", 1, 0 } },
	  ":6[a:4[x:2 y:2] ab:2[x:1 y:1]]",
	  0 },
};

static void describe(const struct treemap_node *node, struct strbuf *text)
{
	const struct treemap_node *child;

	strbuf_printf(text, "%s:%u", node->name, (unsigned int)node->size);
	if (node->item)
		return;
	strbuf_append(text, "[");
	vec_for_each(child, &node->children) {
		strbuf_append(text, child_index ? " " : "");
		describe(child, text);
	}
	strbuf_append(text, "]");
}

static void test_tree(void **state)
{
	const struct row *row = *state;
	_cleanup_treemap_node_ struct treemap_node *root = NULL;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	size_t n = 0, group;

	while (n < ITEMS_MAX && row->items[n].path)
		n++;
	assert_int_equal(treemap_tree_make(row->items, n, &root), 0);
	describe(root, &text);
	assert_string_equal(strbuf_string(&text), row->expected);
	assert_int_equal(treemap_node_find_group(root, N_GROUPS, &group), 0);
	assert_int_equal(group, row->group);
}

/* Of whatever is below it, a node knows its own path and how many files there are. */
static void test_paths(void **state)
{
	static const struct treemap_item items[] = {
		{ "/a/b/c", 2, 0 },
		{ "/a/b/d", 1, 0 },
		{ "/e", 1, 0 },
	};
	_cleanup_treemap_node_ struct treemap_node *root = NULL;
	const struct treemap_node *directory;

	assert_int_equal(treemap_tree_make(items, ARRAY_SIZE(items), &root), 0);
	assert_int_equal(root->n_files, 3);
	directory = root->children.items[0];
	assert_int_equal(directory->n_files, 2);
	assert_int_equal(directory->path_size, strlen("/a/b"));
	assert_memory_equal(directory->path, "/a/b", strlen("/a/b"));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_tree, rows);
	TEST(&list, test_paths);
	return test_list_run(&list);
}
