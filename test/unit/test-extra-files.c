/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --add-file, --crypttab and --cmdline, from a made-up root into an image with a merged /usr. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/build/extra-files.h"
#include "image/build/layout.h"
#include "recent-log.h"
#include "support.h"

static struct tree tree;
static struct sysroot sysroot;
static struct elf_closure *programs;
static struct build_options options;
static size_t n_before;

static const char *in_root(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "root%s", name);
	return scratch_path(path);
}

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	write_text(in_root("/etc/a"), "a");
	write_text(in_root("/etc/secret"), "s");
	assert_int_equal(chmod(in_root("/etc/secret"), 0600), 0);
	write_text(in_root("/opt/with:colon"), "c");
	write_text(in_root("/opt/dir/one"), "1");
	write_text(in_root("/opt/dir/sub/two"), "2");
	assert_int_equal(mkdir(in_root("/opt/dir/empty"), 0755), 0);
	assert_int_equal(symlink("a", in_root("/etc/link")), 0);
	assert_int_equal(symlink("/etc/a", in_root("/etc/absolute")), 0);
	recent_log_start();
	assert_int_equal(sysroot_open(scratch_path("root"), &sysroot), 0);
	assert_int_equal(layout_add(&tree), 0);
	assert_int_equal(elf_closure_new(&tree, &sysroot, &programs), 0);
	n_before = tree.entries.n_entries;
	return 0;
}

static int tear_down(void **state)
{
	programs = elf_closure_free(programs);
	vec_done(&options.add_files, NULL);
	options = (struct build_options){ 0 };
	sysroot_close(&sysroot);
	tree_done(&tree);
	return 0;
}

static int add(const char *argument)
{
	assert_int_equal(vec_push(&options.add_files, (void *)argument), 0);
	return extra_files_add(&tree, programs, &sysroot, &options);
}

/* The file at @path in the image is that of the root. */
static void expect_file(const char *path, const char *source)
{
	const struct tree_entry *entry = tree_get(&tree, path);
	struct stat st;

	if (!entry)
		fail_msg("%s is not in the image", path);
	assert_int_equal(entry->kind, TREE_FILE);
	assert_int_equal(stat(in_root(source), &st), 0);
	assert_true(entry->host.st_ino == st.st_ino && entry->host.st_dev == st.st_dev);
	assert_string_equal(entry->why, "asked for with --add-file");
}

static void expect_directory(const char *path)
{
	const struct tree_entry *entry = tree_get(&tree, path);

	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_DIRECTORY);
}

static void expect_link(const char *path, const char *target)
{
	const struct tree_entry *entry = tree_get(&tree, path);

	assert_non_null(entry);
	assert_int_equal(entry->kind, TREE_SYMLINK);
	assert_string_equal(entry->source, target);
}

struct row {
	const char *name;
	const char *argument, *path, *source;
	size_t n_added; /* with the directories above them */
};

static const struct row rows[] = {
	{ "same place", "/etc/a", "/etc/a", "/etc/a", 1 },
	{ "other place", "/etc/a:/etc/b", "/etc/b", "/etc/a", 1 },
	{ "directories are made", "/etc/a:/x/y/z", "/x/y/z", "/etc/a", 3 },
	{ "through a link of the image", "/etc/a:/lib/b", "/usr/lib/b", "/etc/a", 1 },
	{ "colon in the source", "/opt/with:colon", "/opt/with:colon", "/opt/with:colon", 2 },
	{ "colon in the source, other place", "/opt/with:colon:/etc/c", "/etc/c", "/opt/with:colon",
	  1 },
	{ "colon in the destination", "/etc/a:/etc/b:c", "/etc/b:c", "/etc/a", 1 },
	{ "link to another place", "/etc/link:/etc/b", "/etc/b", "/etc/a", 1 },
	{ "absolute link to another place", "/etc/absolute:/etc/b", "/etc/b", "/etc/a", 1 },
};

static void test_file(void **state)
{
	const struct row *row = *state;

	assert_int_equal(add(row->argument), 0);
	expect_file(row->path, row->source);
	assert_int_equal(tree.entries.n_entries, n_before + row->n_added);
	expect_no_message();
}

/* The link as well, and what it leads to in the root, not on this machine. */
static void test_links(void **state)
{
	assert_int_equal(add("/etc/link"), 0);
	expect_link("/etc/link", "a");
	expect_file("/etc/a", "/etc/a");
	assert_int_equal(add("/etc/absolute"), 0);
	expect_link("/etc/absolute", "/etc/a");
}

static void test_permissions(void **state)
{
	assert_int_equal(add("/etc/secret"), 0);
	assert_int_equal(tree_get(&tree, "/etc/secret")->mode, S_IFREG | 0600);
}

static void test_several(void **state)
{
	assert_int_equal(vec_push(&options.add_files, (void *)"/etc/a"), 0);
	assert_int_equal(add("/etc/secret"), 0);
	expect_file("/etc/a", "/etc/a");
	expect_file("/etc/secret", "/etc/secret");
}

/* Of this machine, from where the command was called. */
static void test_relative(void **state)
{
	assert_int_equal(chdir(in_root("/opt")), 0);
	assert_int_equal(add("dir/one:/etc/one"), 0);
	expect_file("/etc/one", "/opt/dir/one");
	assert_int_equal(chdir("/"), 0);
}

static void test_relative_without_destination(void **state)
{
	assert_int_equal(chdir(in_root("/opt")), 0);
	assert_int_equal(add("dir/one"), -EINVAL);
	expect_message("dir/one is no absolute path; say where it goes, as in --add-file "
		       "dir/one:/etc/one");
	assert_int_equal(chdir("/"), 0);
}

static void test_relative_destination(void **state)
{
	assert_int_equal(add("/opt/dir/one:rel/one"), -EINVAL);
	expect_message("--add-file /opt/dir/one:rel/one: what follows the colon is where the file "
		       "goes and must be an absolute path");
}

static const struct row directory_rows[] = {
	{ "same place", "/opt/dir", "/opt/dir", NULL, 6 },
	{ "slash at the end", "/opt/dir/", "/opt/dir", NULL, 6 },
	{ "other place", "/opt/dir:/etc/d", "/etc/d", NULL, 5 },
	{ "other place, slash at the end", "/opt/dir:/etc/d//", "/etc/d", NULL, 5 },
	{ "into a directory that is there", "/opt/dir:/etc", "/etc", NULL, 4 },
	{ "into a link of the image", "/opt/dir:/lib", "/usr/lib", NULL, 4 },
	{ "into the root", "/opt/dir:/", "", NULL, 4 },
};

static void test_directory(void **state)
{
	static const struct {
		const char *below, *source;
	} files[] = { { "/one", "/opt/dir/one" }, { "/sub/two", "/opt/dir/sub/two" } };
	const struct row *row = *state;
	_cleanup_free_ char *empty = str_format("%s/empty", row->path);

	assert_int_equal(add(row->argument), 0);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *path = str_format("%s%s", row->path, files[i].below);

		assert_non_null(path);
		expect_file(path, files[i].source);
	}
	expect_directory(empty);
	assert_int_equal(tree.entries.n_entries, n_before + row->n_added);
	expect_no_message();
}

/* As of an overlay that has the layout of a root of its own. */
static void test_directory_over_links(void **state)
{
	write_text(in_root("/opt/dir/lib/x"), "x");
	assert_int_equal(add("/opt/dir:/"), 0);
	expect_file("/usr/lib/x", "/opt/dir/lib/x");
	expect_link("/lib", "usr/lib");
}

/* What they lead to takes their place, as it would be missing: found in the root, not here. */
static void test_links_in_a_directory(void **state)
{
	write_text(in_root("/etc/hostname"), "of the root");
	write_text(in_root("/srv/more/three"), "3");
	assert_int_equal(symlink("/etc/hostname", in_root("/opt/dir/absolute")), 0);
	assert_int_equal(symlink("../../etc/a", in_root("/opt/dir/relative")), 0);
	assert_int_equal(symlink("/srv/more", in_root("/opt/dir/directory")), 0);
	assert_int_equal(symlink("../../../../../../etc/a", in_root("/opt/dir/above")), 0);
	assert_int_equal(add("/opt/dir"), 0);
	expect_file("/opt/dir/absolute", "/etc/hostname");
	expect_file("/opt/dir/relative", "/etc/a");
	expect_file("/opt/dir/above", "/etc/a");
	expect_file("/opt/dir/directory/three", "/srv/more/three");
	expect_no_message();
}

static void test_link_to_nowhere_in_a_directory(void **state)
{
	assert_int_equal(symlink("/nowhere", in_root("/opt/dir/lost")), 0);
	assert_int_equal(add("/opt/dir"), 0);
	assert_null(tree_get(&tree, "/opt/dir/lost"));
	expect_file("/opt/dir/one", "/opt/dir/one");
	expect_message("/opt/dir/lost leads nowhere, leaving it out");
}

struct circle_row {
	const char *name;
	const char *links[2][2]; /* a path and a target each */
};

static const struct circle_row circle_rows[] = {
	{ "itself", { { "/opt/dir/circle", "." } } },
	{ "above", { { "/opt/dir/circle", "/opt" } } },
	{ "the root", { { "/opt/dir/circle", "/" } } },
	{ "in two steps", { { "/opt/dir/circle", "/srv" }, { "/srv/back", "/opt/dir" } } },
};

static void test_circles(void **state)
{
	const struct circle_row *row = *state;

	(void)alarm(10);
	assert_int_equal(mkdir(in_root("/srv"), 0755), 0);
	for (size_t i = 0; i < ARRAY_SIZE(row->links) && row->links[i][0]; i++)
		assert_int_equal(symlink(row->links[i][1], in_root(row->links[i][0])), 0);
	assert_int_equal(add("/opt/dir"), 0);
	expect_message(", leaving it out");
	expect_file("/opt/dir/one", "/opt/dir/one");
	assert_null(tree_get(&tree, "/opt/dir/circle/circle"));
	(void)alarm(0);
}

/* Sockets and the like are none of what an image could have use for. */
static void test_other_kinds_in_a_directory(void **state)
{
	assert_int_equal(mkfifo(in_root("/opt/dir/fifo"), 0600), 0);
	assert_int_equal(add("/opt/dir"), 0);
	assert_null(tree_get(&tree, "/opt/dir/fifo"));
}

struct bad_row {
	const char *name;
	const char *argument;
	int error;
	const char *message;
};

static const struct bad_row bad_rows[] = {
	{ "missing", "/etc/nowhere", -ENOENT, "cannot use /etc/nowhere, giving up" },
	{ "missing, other place", "/etc/nowhere:/etc/b", -ENOENT, "cannot use /etc/nowhere" },
	{ "there on this machine only", "/proc/self/status:/etc/b", -ENOENT,
	  "cannot use /proc/self/status" },
	{ "below a file", "/etc/a/b", -ENOTDIR, "cannot use /etc/a/b" },
	{ "no source", ":/etc/b", -ENOENT, "cannot use , giving up" },
	{ "onto another file", "/etc/a:/etc/initrd-release", -EEXIST, "/etc/a" },
	{ "onto a directory", "/etc/a:/etc", -EEXIST, "/etc/a" },
	{ "onto the root", "/etc/a:/", -EINVAL, "/etc/a" },
	{ "below a file of the image", "/etc/a:/etc/initrd-release/b", -ENOTDIR, "/etc/a" },
	{ "directory onto a file", "/opt/dir:/etc/initrd-release", -EEXIST,
	  "cannot put /etc/initrd-release into the image, giving up" },
};

static void test_bad(void **state)
{
	const struct bad_row *row = *state;

	assert_int_equal(add(row->argument), row->error);
	expect_message(row->message);
}

static void test_cmdline(void **state)
{
	static const char expected[] = "root=/dev/sda1 quiet\n";
	const struct tree_entry *entry;

	options.cmdline = "root=/dev/sda1 quiet";
	recent_log_start();
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), 0);
	entry = tree_get(&tree, "/etc/cmdline.d/kindling.conf");
	assert_non_null(entry);
	assert_int_equal(entry->mode, S_IFREG | 0644);
	assert_int_equal(entry->size, strlen(expected));
	assert_memory_equal(entry->source, expected, strlen(expected));
	expect_no_message();
}

static void test_cmdline_with_a_mistake(void **state)
{
	options.cmdline = "root=/dev/sda1 rd.luks.uuid=x";
	recent_log_start();
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), 0);
	expect_message("--cmdline: rd.luks.uuid=x is not a UUID, ignoring it");
}

static void test_crypttab(void **state)
{
	options.crypttab = "/etc/secret";
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), 0);
	assert_non_null(tree_get(&tree, "/etc/crypttab"));
	assert_int_equal(tree_get(&tree, "/etc/crypttab")->mode, S_IFREG | 0600);
	assert_string_equal(tree_get(&tree, "/etc/crypttab")->why, "asked for with --crypttab");
}

static void test_luks_header(void **state)
{
	static const char expected[] = "kdf-memory=8G, reencryption\n";
	const struct tree_entry *entry;

	options.luks_header = "kdf-memory=8G, reencryption";
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), 0);
	entry = tree_get(&tree, "/etc/kindling/luks-header");
	assert_non_null(entry);
	assert_int_equal(entry->size, strlen(expected));
	assert_memory_equal(entry->source, expected, strlen(expected));
	assert_string_equal(entry->why, "kindling.conf says so");
}

static void test_shell(void **state)
{
	assert_int_equal(chmod(in_root("/etc/a"), 0755), 0);
	options.shell = "/etc/link";
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), 0);
	assert_non_null(tree_get(&tree, "/usr/lib/kindling/shell"));
	assert_int_equal(tree_get(&tree, "/usr/lib/kindling/shell")->mode, S_IFREG | 0755);
	assert_string_equal(tree_get(&tree, "/usr/lib/kindling/shell")->why,
			    "kindling.conf asks for it");
}

static void test_missing_shell(void **state)
{
	options.shell = "/bin/sh";
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), -ENOENT);
	expect_message("cannot use /bin/sh, giving up");
}

static void test_missing_crypttab(void **state)
{
	options.crypttab = "/etc/crypttab";
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), -ENOENT);
	expect_message("cannot use /etc/crypttab, giving up");
}

static void test_crypttab_is_a_directory(void **state)
{
	options.crypttab = "/etc";
	assert_int_equal(extra_files_add(&tree, programs, &sysroot, &options), -EISDIR);
	expect_message("/etc");
}

/* In a root that is the machine's own, paths are what they are. */
static void test_without_a_sysroot(void **state)
{
	_cleanup_free_ char *argument = str_format("%s:/etc/d", in_root("/opt/dir"));

	assert_int_equal(symlink(in_root("/etc/a"), in_root("/opt/dir/absolute")), 0);
	sysroot_close(&sysroot);
	assert_int_equal(sysroot_open(NULL, &sysroot), 0);
	assert_int_equal(add(argument), 0);
	expect_file("/etc/d/one", "/opt/dir/one");
	expect_file("/etc/d/absolute", "/etc/a");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_file, rows);
	TEST(&list, test_links);
	TEST(&list, test_permissions);
	TEST(&list, test_several);
	TEST(&list, test_relative);
	TEST(&list, test_relative_without_destination);
	TEST(&list, test_relative_destination);
	TEST_ROWS(&list, test_directory, directory_rows);
	TEST(&list, test_directory_over_links);
	TEST(&list, test_links_in_a_directory);
	TEST(&list, test_link_to_nowhere_in_a_directory);
	TEST_ROWS(&list, test_circles, circle_rows);
	TEST(&list, test_other_kinds_in_a_directory);
	TEST_ROWS(&list, test_bad, bad_rows);
	TEST(&list, test_cmdline);
	TEST(&list, test_cmdline_with_a_mistake);
	TEST(&list, test_crypttab);
	TEST(&list, test_luks_header);
	TEST(&list, test_shell);
	TEST(&list, test_missing_shell);
	TEST(&list, test_missing_crypttab);
	TEST(&list, test_crypttab_is_a_directory);
	TEST(&list, test_without_a_sysroot);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
