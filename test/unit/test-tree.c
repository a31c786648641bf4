/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/macro.h"
#include "image/tree/tree.h"

static struct sysroot machine = { .path = (char *)"", .fd = -1 };

/* A tree, and a directory of the host to take files from. */
struct fixture {
	struct tree tree;
	char host[64];
	char made[16][PATH_MAX]; /* what to remove, last first */
	unsigned int n_made;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));

	if (!fixture)
		return -1;
	(void)snprintf(fixture->host, sizeof(fixture->host), "/tmp/test-tree.XXXXXX");
	if (!mkdtemp(fixture->host))
		return -1;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	tree_done(&fixture->tree);
	while (fixture->n_made > 0)
		(void)remove(fixture->made[--fixture->n_made]);
	(void)rmdir(fixture->host);
	free(fixture);
	return 0;
}

/* The path of @name on the host, which will be removed in the end. */
static const char *host_path(struct fixture *fixture, const char *name)
{
	char *path = fixture->made[fixture->n_made++];

	(void)snprintf(path, PATH_MAX, "%s/%s", fixture->host, name);
	return path;
}

static const char *make_host_file(struct fixture *fixture, const char *name, mode_t mode)
{
	const char *path = host_path(fixture, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(close(fd), 0);
	return path;
}

static const char *make_host_link(struct fixture *fixture, const char *name, const char *target)
{
	const char *path = host_path(fixture, name);

	assert_int_equal(symlink(target, path), 0);
	return path;
}

static void test_sorted_with_parents(void **state)
{
	static const char *const expected[] = { "/a", "/a-b", "/a/b", "/a/b/c", "/z" };
	struct fixture *fixture = *state;
	const struct tree_entry *entry;
	struct vec entries;

	assert_int_equal(tree_add_directory(&fixture->tree, "/z", 0755, "test"), 0);
	assert_int_equal(tree_add_data(&fixture->tree, "/a/b/c", 0644, "x", 1, "the reason"), 0);
	assert_int_equal(tree_add_directory(&fixture->tree, "/a-b", 0700, "test"), 0);
	assert_int_equal(tree_sort(&fixture->tree, &entries), 0);
	assert_int_equal(entries.n_items, ARRAY_SIZE(expected));
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++)
		assert_string_equal(((struct tree_entry *)entries.items[i])->path, expected[i]);
	vec_done(&entries, NULL);

	entry = tree_get(&fixture->tree, "/a/b");
	assert_int_equal(entry->mode, S_IFDIR | 0755);
	assert_string_equal(entry->why, "the reason");
	assert_int_equal(tree_get(&fixture->tree, "/a-b")->mode, S_IFDIR | 0700);
}

static void test_parents_that_are_links(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = &fixture->tree;

	assert_int_equal(tree_add_symlink(tree, "/lib", "usr/lib", "test"), 0);
	assert_int_equal(tree_add_symlink(tree, "/usr/lib/x", "/opt/../opt/x", "test"), 0);
	assert_int_equal(tree_add_data(tree, "/lib/a", 0644, "a", 1, "test"), 0);
	assert_int_equal(tree_add_data(tree, "/lib/x//./b", 0644, "b", 1, "test"), 0);
	assert_string_equal(tree_get(tree, "/lib/a")->path, "/usr/lib/a");
	assert_string_equal(tree_get(tree, "/usr/lib/x/b")->path, "/opt/x/b");
	assert_string_equal(tree_get(tree, "/opt/x/../x/b")->path, "/opt/x/b");
	/* The link itself, not what it leads to. */
	assert_int_equal(tree_get(tree, "/lib")->kind, TREE_SYMLINK);
	assert_null(tree_get(tree, "/lib/c"));
}

static void test_adding_twice(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = &fixture->tree;
	const char *a = make_host_file(fixture, "a", 0644), *b = make_host_file(fixture, "b", 0644);

	assert_int_equal(tree_add_file(tree, "/f", a, "first"), 0);
	assert_int_equal(tree_add_file(tree, "/f", a, "second"), 0);
	assert_string_equal(tree_get(tree, "/f")->why, "first");
	assert_int_equal(tree_add_file(tree, "/f", b, "test"), -EEXIST);
	assert_int_equal(tree_add_directory(tree, "/f", 0755, "test"), -EEXIST);

	assert_int_equal(tree_add_data(tree, "/d", 0644, "x", 1, "test"), 0);
	assert_int_equal(tree_add_data(tree, "/d", 0644, "x", 1, "test"), 0);
	assert_int_equal(tree_add_data(tree, "/d", 0644, "y", 1, "test"), -EEXIST);

	assert_int_equal(tree_add_symlink(tree, "/l", "f", "test"), 0);
	assert_int_equal(tree_add_symlink(tree, "/l", "f", "test"), 0);
	assert_int_equal(tree_add_symlink(tree, "/l", "d", "test"), -EEXIST);

	assert_int_equal(tree_add_node(tree, "/n", S_IFCHR | 0600, makedev(5, 1), "test"), 0);
	assert_int_equal(tree_add_node(tree, "/n", S_IFCHR | 0600, makedev(1, 3), "test"), -EEXIST);

	assert_int_equal(tree_add_directory(tree, "/t/u", 0755, "test"), 0);
	assert_int_equal(tree_add_directory(tree, "/t", 01777, "test"), 0);
	assert_int_equal(tree_add_directory(tree, "/t/v", 0755, "test"), 0);
	assert_int_equal(tree_get(tree, "/t")->mode, S_IFDIR | 01777);
}

static void test_bad_paths(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = &fixture->tree;

	assert_int_equal(tree_add_directory(tree, "relative", 0755, "test"), -EINVAL);
	assert_int_equal(tree_add_directory(tree, "", 0755, "test"), -EINVAL);
	assert_int_equal(tree_add_directory(tree, "/", 0755, "test"), -EINVAL);
	assert_int_equal(tree_add_directory(tree, "/a/..", 0755, "test"), -EINVAL);
	assert_int_equal(tree_add_data(tree, "/f", 0644, "", 0, "test"), 0);
	assert_int_equal(tree_add_data(tree, "/f/g", 0644, "", 0, "test"), -ENOTDIR);
	assert_int_equal(tree_add_symlink(tree, "/x", "y", "test"), 0);
	assert_int_equal(tree_add_symlink(tree, "/y", "x", "test"), 0);
	assert_int_equal(tree_add_directory(tree, "/x/z", 0755, "test"), -ELOOP);
	/* Above the root there is nothing but the root. */
	assert_int_equal(tree_add_directory(tree, "/../../up", 0755, "test"), 0);
	assert_string_equal(tree_get(tree, "/up")->path, "/up");
}

static void test_permissions(void **state)
{
	static const struct {
		mode_t host, image;
	} rows[] = {
		{ 0644, 0644 }, { 0664, 0644 }, { 0444, 0644 }, { 0755, 0755 },
		{ 0775, 0755 }, { 0600, 0600 }, { 0700, 0700 }, { 04755, 0755 },
	};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char name[16], path[16];

		(void)snprintf(name, sizeof(name), "f%zu", i);
		(void)snprintf(path, sizeof(path), "/f%zu", i);
		assert_int_equal(tree_add_file(&fixture->tree, path,
					       make_host_file(fixture, name, rows[i].host), "test"),
				 0);
		assert_int_equal(tree_get(&fixture->tree, path)->mode, S_IFREG | rows[i].image);
	}
}

static void test_host_files_that_cannot_be_taken(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = &fixture->tree;

	assert_int_equal(tree_add_file(tree, "/f", "/nonexistent/file", "test"), -ENOENT);
	assert_int_equal(tree_add_file(tree, "/f", "/", "test"), -EISDIR);
	assert_int_equal(tree_add_file(tree, "/f", "/dev/null", "test"), -EINVAL);
	assert_int_equal(tree_add_host_file(tree, &machine, make_host_link(fixture, "l", "l"),
					    "test"),
			 -ELOOP);
	assert_int_equal(tree_add_host_file(tree, &machine, "/nonexistent/file", "test"), -ENOENT);
}

static void test_chain_of_links(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = &fixture->tree;
	const char *file = make_host_file(fixture, "lib.so.1.2", 0644);
	const char *middle = make_host_link(fixture, "lib.so.1", "lib.so.1.2");
	const char *outer = make_host_link(fixture, "lib.so", middle);

	assert_int_equal(tree_add_host_file(tree, &machine, outer, "test"), 0);
	assert_string_equal(tree_get(tree, outer)->source, middle);
	assert_string_equal(tree_get(tree, middle)->source, "lib.so.1.2");
	assert_int_equal(tree_get(tree, file)->kind, TREE_FILE);
}

/*
 * The host reaches the file through a directory that is a link there and none in the image, where
 * the link's relative target must lead to the content all the same.
 */
static void test_host_directory_that_is_a_link(void **state)
{
	struct fixture *fixture = *state;
	struct tree *tree = &fixture->tree;
	char path[PATH_MAX];

	assert_int_equal(mkdir(host_path(fixture, "real"), 0755), 0);
	assert_int_equal(mkdir(host_path(fixture, "real/deep"), 0755), 0);
	(void)make_host_file(fixture, "real/file", 0644);
	(void)make_host_link(fixture, "real/deep/link", "../file");
	(void)make_host_link(fixture, "alias", "real/deep");

	(void)snprintf(path, sizeof(path), "%s/alias/link", fixture->host);
	assert_int_equal(tree_add_host_file(tree, &machine, path, "test"), 0);
	assert_int_equal(tree_get(tree, path)->kind, TREE_SYMLINK);
	(void)snprintf(path, sizeof(path), "%s/alias/../file", fixture->host);
	assert_int_equal(tree_get(tree, path)->kind, TREE_FILE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sorted_with_parents, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parents_that_are_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_adding_twice, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_bad_paths, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_permissions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_files_that_cannot_be_taken, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_chain_of_links, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_host_directory_that_is_a_link, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
