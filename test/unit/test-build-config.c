/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kindling.conf and its drop-ins, in a made-up root. What counts is which output is left. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "image/build/build-config.h"
#include "recent-log.h"
#include "support.h"

#define MAIN    "etc/kindling.conf"
#define ADMIN   "etc/kindling.conf.d/"
#define VENDOR  "usr/lib/kindling.conf.d/"
#define LINK_TO "-> "

static struct sysroot sysroot;
static struct build_options options;

static int set_up(void **state)
{
	remove_tree(scratch_path("root"));
	assert_int_equal(file_make_directories(scratch_path("root/etc"), 0755), 0);
	recent_log_start();
	return sysroot_open(scratch_path("root"), &sysroot);
}

static int tear_down(void **state)
{
	build_options_done(&options);
	sysroot_close(&sysroot);
	return 0;
}

static const char *in_root(const char *name)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "root/%s", name);
	return scratch_path(path);
}

/* A text that begins with LINK_TO is the target of a link. */
static void put(const char *name, const char *text)
{
	const char *path = in_root(name), *target = str_after_prefix(text, LINK_TO);

	if (target) {
		_cleanup_free_ char *parent = strndup(path, (size_t)(str_basename(path) - path));

		assert_int_equal(file_make_directories(parent, 0755), 0);
		assert_int_equal(symlink(target, path), 0);
	} else {
		write_text(path, text);
	}
}

static void read_config(const char *path)
{
	assert_int_equal(build_config_read(&options, &sysroot, path), 0);
}

struct file {
	const char *path, *text;
};

struct row {
	const char *name;
	const char *output; /* what is left, or NULL */
	struct file files[4];
};

static const struct row rows[] = {
	{ "nothing", NULL, { { 0 } } },
	{ "main file", "a", { { MAIN, "output = a\n" } } },
	{ "key in another spelling", "a", { { MAIN, "mode=host\noutput=\"a\"\n" } } },
	{ "later line", "b", { { MAIN, "output = a\noutput = b\n" } } },
	{ "drop-in of the vendor", "a", { { VENDOR "x.conf", "output=a" } } },
	{ "drop-in of the administrator", "a", { { ADMIN "x.conf", "output=a" } } },
	{ "main file after the vendor",
	  "b",
	  { { VENDOR "z.conf", "output=a" }, { MAIN, "output=b" } } },
	{ "administrator after the main file",
	  "b",
	  { { ADMIN "a.conf", "output=b" }, { MAIN, "output=a" } } },
	{ "administrator after the vendor, whatever the names",
	  "b",
	  { { ADMIN "a.conf", "output=b" }, { VENDOR "z.conf", "output=a" } } },
	{ "by name",
	  "c",
	  { { ADMIN "10-a.conf", "output=a" },
	    { ADMIN "9-b.conf", "output=c" },
	    { ADMIN "20-c.conf", "output=b" } } },
	{ "by bytes, not by language",
	  "b",
	  { { ADMIN "B.conf", "output=a" }, { ADMIN "a.conf", "output=b" } } },
	{ "vendor's by name",
	  "b",
	  { { VENDOR "b.conf", "output=b" }, { VENDOR "a.conf", "output=a" } } },
	{ "hidden by the same name",
	  NULL,
	  { { VENDOR "x.conf", "output=a" }, { ADMIN "x.conf", "mode=host" } } },
	{ "hidden by an empty file",
	  NULL,
	  { { VENDOR "x.conf", "output=a" }, { ADMIN "x.conf", "" } } },
	{ "another name hides nothing",
	  "a",
	  { { VENDOR "x.conf", "output=a" }, { ADMIN "y.conf", "" } } },
	{ "only what is hidden",
	  "b",
	  { { VENDOR "x.conf", "output=a" },
	    { VENDOR "y.conf", "output=b" },
	    { ADMIN "x.conf", "" } } },
	{ "one that goes on after a hidden one",
	  "a",
	  { { VENDOR "a.conf", "output=a" },
	    { VENDOR "x.conf", "output=b" },
	    { ADMIN "x.conf", "" } } },
	{ "hidden by a link to /dev/null, which a root in a directory may not have",
	  NULL,
	  { { VENDOR "x.conf", "output=a" }, { ADMIN "x.conf", LINK_TO "/dev/null" } } },
	{ "link within the root",
	  "a",
	  { { "opt/x", "output=a" }, { ADMIN "x.conf", LINK_TO "/opt/x" } } },
	{ "main file is a link", "a", { { "opt/x", "output=a" }, { MAIN, LINK_TO "../opt/x" } } },
	{ "main file leads nowhere", NULL, { { MAIN, LINK_TO "/nowhere" } } },
	{ "directory is a link",
	  "a",
	  { { "opt/x.conf", "output=a" }, { "etc/kindling.conf.d", LINK_TO "/opt" } } },
	{ "other suffixes",
	  NULL,
	  { { ADMIN "x", "output=a" },
	    { ADMIN "x.conf~", "output=b" },
	    { ADMIN "x.conf.dpkg-old", "output=b" },
	    { VENDOR "conf", "output=b" } } },
	{ "hidden files", NULL, { { ADMIN ".x.conf", "output=a" } } },
	{ "drop-ins are a file", "a", { { "etc/kindling.conf.d", "" }, { MAIN, "output=a" } } },
};

static void test_order(void **state)
{
	const struct row *row = *state;

	for (size_t i = 0; i < ARRAY_SIZE(row->files) && row->files[i].path; i++)
		put(row->files[i].path, row->files[i].text);
	read_config(NULL);
	if (row->output)
		assert_string_equal(options.output, row->output);
	else
		assert_null(options.output);
}

/* Lists grow over all files. */
static void test_lists(void **state)
{
	put(VENDOR "a.conf", "add-module = a\n");
	put(MAIN, "add-module = b, c\nadd-file = /x\nadd-file = /y:/z\n");
	put(ADMIN "a.conf.conf", "add_module = d\n");
	read_config(NULL);
	assert_int_equal(options.add_modules.n_items, 4);
	assert_string_equal(options.add_modules.items[3], "d");
	assert_int_equal(options.add_files.n_items, 2);
	assert_string_equal(options.add_files.items[1], "/y:/z");
	expect_no_message();
}

struct bad_row {
	const char *name;
	const char *text;
	const char *message;
};

static const struct bad_row bad_rows[] = {
	{ "no setting", "\nhost\n", "/etc/kindling.conf:2: 'host' is no setting" },
	{ "section", "[build]\n", "/etc/kindling.conf:1: '[build]' is no setting" },
	{ "unknown key", "# a\n\noutputs = a\n",
	  "/etc/kindling.conf:3: 'outputs' is no known key; ignoring it" },
	{ "for the command line", "kver = 6.1\n",
	  "/etc/kindling.conf:1: 'kver' is for the command line only; ignoring it" },
	{ "flag", "force = yes\n", "'force' is for the command line only" },
	{ "empty value", "output =\n",
	  "/etc/kindling.conf:1: output = : that must not be empty; ignoring it" },
	{ "bad mode", "mode = any\n",
	  "/etc/kindling.conf:1: mode = any: that is neither host nor generic; ignoring it" },
	{ "bad level", "compress = xz:12\n", "compress = xz:12: that has no such level" },
	{ "bad number", "jobs = many\n", "jobs = many: that is no number of threads" },
	{ "bad bool", "verify = perhaps\n", "verify = perhaps: that is neither yes nor no" },
};

/* One warning, and what stands in the same file still counts. */
static void test_bad_lines(void **state)
{
	const struct bad_row *row = *state;
	_cleanup_free_ char *text = str_format("%sadd-module = a\n", row->text);

	assert_non_null(text);
	put(VENDOR "a.conf", "output = before\n");
	put(MAIN, text);
	read_config(NULL);
	expect_message(row->message);
	assert_string_equal(options.output, "before");
	assert_int_equal(options.add_modules.n_items, 1);
	assert_false(options.is_forced);
	assert_null(options.kver);
	assert_int_equal(options.mode, BUILD_MODE_GENERIC);
}

static void test_names_in_messages(void **state)
{
	put(ADMIN "x.conf", "a = b\n");
	read_config(NULL);
	expect_message("root/etc/kindling.conf.d/x.conf:1: 'a' is no known key");
}

static void test_unreadable(void **state)
{
	assert_int_equal(file_make_directories(in_root(ADMIN "x.conf"), 0755), 0);
	put(MAIN, "output = a\n");
	read_config(NULL);
	assert_string_equal(options.output, "a");
	expect_message("root/etc/kindling.conf.d/x.conf, ignoring it: ");
}

/* It comes instead of all others, and is not looked for in the root. */
static void test_given_file(void **state)
{
	put(MAIN, "output = a\nmode = host\n");
	put(ADMIN "x.conf", "output = b\n");
	put("given", "jobs = 3\nnot known = 1\n");
	read_config(in_root("given"));
	assert_null(options.output);
	assert_int_equal(options.mode, BUILD_MODE_GENERIC);
	assert_int_equal(options.jobs, 3);
	expect_message("root/given:2: 'not known' is no known key");
}

static void test_given_file_is_missing(void **state)
{
	put(MAIN, "output = a\n");
	assert_int_equal(build_config_read(&options, &sysroot, in_root("nowhere")), -ENOENT);
	expect_message("root/nowhere, giving up: No such file or directory");
	assert_null(options.output);
}

static void test_given_file_is_a_directory(void **state)
{
	assert_int_equal(build_config_read(&options, &sysroot, in_root("etc")), -EISDIR);
	expect_message("root/etc, giving up: Is a directory");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_order, rows);
	TEST(&list, test_lists);
	TEST_ROWS(&list, test_bad_lines, bad_rows);
	TEST(&list, test_names_in_messages);
	TEST(&list, test_unreadable);
	TEST(&list, test_given_file);
	TEST(&list, test_given_file_is_missing);
	TEST(&list, test_given_file_is_a_directory);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
