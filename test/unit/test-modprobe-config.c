/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which files of modprobe.d an image gets. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-kernel.h"
#include "image/modules/modprobe-config.h"
#include "image/modules/modprobe-rules.h"
#include "support.h"

struct layout {
	const char *title;
	const char *files[6];    /* below the root; those that end with a slash are directories */
	const char *links[3][2]; /* what is linked to, and where */
	const char *expected;    /* "/path\n" of each entry of the image but directories, sorted */
};

static const struct layout layouts[] = {
	{ "none", .expected = "" },
	{ "all directories",
	  .files = { "etc/modprobe.d/a.conf", "usr/local/lib/modprobe.d/b.conf",
		     "usr/lib/modprobe.d/c.conf", "lib/modprobe.d/d.conf" },
	  .expected = "/etc/modprobe.d/a.conf\n/lib/modprobe.d/d.conf\n"
		      "/usr/lib/modprobe.d/c.conf\n/usr/local/lib/modprobe.d/b.conf\n" },
	{ "the first of a name",
	  .files = { "etc/modprobe.d/a.conf", "usr/lib/modprobe.d/a.conf", "lib/modprobe.d/a.conf",
		     "usr/local/lib/modprobe.d/b.conf", "usr/lib/modprobe.d/b.conf" },
	  .expected = "/etc/modprobe.d/a.conf\n/usr/local/lib/modprobe.d/b.conf\n" },
	{ "a merged /usr", .files = { "usr/lib/modprobe.d/a.conf" },
	  .links = { { "usr/lib", "lib" } }, .expected = "/usr/lib/modprobe.d/a.conf\n" },
	{ "other files",
	  .files = { "etc/modprobe.d/a.conf.bak", "etc/modprobe.d/.b.conf", "etc/modprobe.d/README",
		     "run/modprobe.d/c.conf", "etc/modprobe.d/d.conf/" },
	  .expected = "" },
	{ "masked by a link", .files = { "usr/lib/modprobe.d/a.conf", "dev/" },
	  .links = { { "/dev/null", "etc/modprobe.d/a.conf" } }, .expected = "" },
	{ "a link within the root", .files = { "usr/share/a.txt", "etc/modprobe.d/z.conf" },
	  .links = { { "/usr/share/a.txt", "etc/modprobe.d/a.conf" } },
	  .expected = "/etc/modprobe.d/a.conf\n/etc/modprobe.d/z.conf\n/usr/share/a.txt\n" },
	{ "a link in circles is passed over", .files = { "usr/lib/modprobe.d/b.conf" },
	  .links = { { "a.conf", "usr/lib/modprobe.d/a.conf" } },
	  .expected = "/usr/lib/modprobe.d/b.conf\n" },
	{ "a file for a directory is passed over",
	  .files = { "etc/modprobe.d", "lib/modprobe.d/b.conf" },
	  .expected = "/lib/modprobe.d/b.conf\n" },
};

static void make_layout(const struct layout *layout, const char *root)
{
	remove_tree(root);
	fake_kernel_write_text(root, "etc/hostname", "test");
	for (size_t i = 0; i < ARRAY_SIZE(layout->files) && layout->files[i]; i++) {
		bool is_directory = str_has_suffix(layout->files[i], "/");
		_cleanup_free_ char *path =
			str_format("%s%s", layout->files[i], is_directory ? "x" : "");

		assert_non_null(path);
		fake_kernel_write_text(root, path, "blacklist x\n");
	}
	for (size_t i = 0; i < ARRAY_SIZE(layout->links) && layout->links[i][0]; i++) {
		_cleanup_free_ char *path = str_format("%s/%s", root, layout->links[i][1]);
		_cleanup_free_ char *sibling = str_format("%s.txt", layout->links[i][1]);

		assert_non_null(path);
		assert_non_null(sibling);
		fake_kernel_write_text(root, sibling, "");
		assert_int_equal(symlink(layout->links[i][0], path), 0);
	}
}

static void test_layout(void **state)
{
	_cleanup_strbuf_ struct strbuf found = { 0 };
	_cleanup_tree_ struct tree tree = { 0 };
	const struct layout *layout = *state;
	const struct tree_entry *entry;
	struct sysroot sysroot;
	struct vec entries;

	make_layout(layout, scratch_path("root"));
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(modprobe_config_add_to_tree(&sysroot, &tree), 0);
	assert_int_equal(tree_sort(&tree, &entries), 0);
	vec_for_each(entry, &entries)
		if (entry->kind != TREE_DIRECTORY)
			strbuf_printf(&found, "%s\n", entry->path);
	assert_string_equal(strbuf_string(&found), layout->expected);
	vec_done(&entries, NULL);
	sysroot_close(&sysroot);
}

static int add_word(void *userdata, const char *word, bool is_weak)
{
	strbuf_printf(userdata, "%s%s ", word, is_weak ? "?" : "");
	return 0;
}

/* Of files with one name the first one counts, also where libkmod is not asked; links are followed
 * within the root. */
static void test_rules(void **state)
{
	static const struct layout layout = {
		.files = { "usr/lib/modprobe.d/plain.conf" },
		.links = { { "/usr/share/rules", "etc/modprobe.d/link.conf" } },
	};
	_cleanup_strbuf_ struct strbuf words = { 0 };
	const char *root = scratch_path("root");
	struct modprobe_rules *rules;
	struct sysroot sysroot;
	struct vec names = { 0 };

	make_layout(&layout, root);
	fake_kernel_write_text(root, "usr/lib/modprobe.d/link.conf", "softdep m pre: masked\n");
	fake_kernel_write_text(root, "usr/lib/modprobe.d/plain.conf",
			       "softdep m-n pre: a-b post: c\nweakdep m_n d\nsoftdep m* pre: e\n");
	fake_kernel_write_text(root, "usr/share/rules", "softdep m-n pre: f\nalias al-* m_n\n");
	assert_int_equal(sysroot_open(root, &sysroot), 0);
	assert_int_equal(modprobe_rules_new("/nonexistent", &sysroot, &rules), 0);
	assert_int_equal(modprobe_rules_visit(rules, "m_n", add_word, &words), 0);
	assert_string_equal(strbuf_string(&words), "f a-b c d? e ");
	assert_int_equal(kmod_aliases_match(modprobe_rules_aliases(rules), "al_ias", &names), 0);
	assert_int_equal(names.n_items, 1);
	assert_string_equal(names.items[0], "m_n");
	vec_done(&names, NULL);
	modprobe_rules_free(rules);
	sysroot_close(&sysroot);
}

static int refuse_word(void *userdata, const char *word, bool is_weak)
{
	++*(int *)userdata;
	return -EPERM;
}

static void test_visit_ends(void **state)
{
	struct modprobe_rules *rules;
	struct sysroot sysroot;
	int n_visits = 0;

	remove_tree(scratch_path("root"));
	fake_kernel_write_text(scratch_path("root"), "modules.softdep",
			       "softdep m pre: a b\nsoftdep m* pre: c\n");
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(modprobe_rules_new(scratch_path("root"), &sysroot, &rules), 0);
	assert_int_equal(modprobe_rules_visit(rules, "m", refuse_word, &n_visits), -EPERM);
	assert_int_equal(n_visits, 1);
	modprobe_rules_free(rules);
	sysroot_close(&sysroot);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_layout, layouts);
	TEST(&list, test_rules);
	TEST(&list, test_visit_ends);
	return test_list_run(&list);
}
