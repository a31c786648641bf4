/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "support.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "init/cmdline-sources.h"

static int clear(void **state)
{
	remove_tree(scratch_path("etc"));
	remove_tree(scratch_path("proc"));
	return 0;
}

static char *read_sources(void)
{
	char *text;

	assert_int_equal(cmdline_sources_read(scratch_directory(), &text), 0);
	return text;
}

static void test_boot_loader_alone(void **state)
{
	_cleanup_free_ char *text = NULL;

	write_text(scratch_path("proc/cmdline"), "root=/dev/sda2 quiet\n");
	text = read_sources();
	assert_string_equal(text, "root=/dev/sda2 quiet\n");
}

/* The boot loader has the last word, and drop-ins come in the order of their names. */
static void test_order(void **state)
{
	_cleanup_free_ char *text = NULL;

	write_text(scratch_path("proc/cmdline"), "kernel");
	write_text(scratch_path("etc/cmdline"), "image");
	write_text(scratch_path("etc/cmdline.d/20-b.conf"), "second");
	write_text(scratch_path("etc/cmdline.d/10-a.conf"), "first");
	text = read_sources();
	assert_string_equal(text, "first\nsecond\nimage\nkernel\n");
}

static void test_what_is_passed_over(void **state)
{
	_cleanup_free_ char *text = NULL;

	write_text(scratch_path("proc/cmdline"), "kernel");
	write_text(scratch_path("etc/cmdline.d/.hidden.conf"), "hidden");
	write_text(scratch_path("etc/cmdline.d/README"), "readme");
	write_text(scratch_path("etc/cmdline.d/a.conf"), "# root=/dev/sda\n  # indented\na=b #c");
	text = read_sources();
	assert_string_equal(text, "a=b #c\nkernel\n");
}

static void note_line(void *userdata, const char *line)
{
	if (strstr(line, "/proc/cmdline"))
		*(bool *)userdata = true;
}

/* Nothing behind a NUL byte is lost. */
static void test_nul_bytes(void **state)
{
	_cleanup_free_ char *text = NULL;

	write_text(scratch_path("proc/cmdline"), "kernel");
	write_file(scratch_path("etc/cmdline"), "one\0two\0\0three", 14);
	text = read_sources();
	assert_string_equal(text, "one\ntwo\nthree\nkernel\n");
}

static void test_nothing_there(void **state)
{
	_cleanup_free_ char *text = read_sources();
	bool was_said = false;

	assert_string_equal(text, "");
	log_for_each_recent(note_line, &was_said);
	assert_true(was_said);
}

int main(void)
{
	struct test_list tests = { 0 };

	TEST(&tests, test_boot_loader_alone);
	TEST(&tests, test_order);
	TEST(&tests, test_what_is_passed_over);
	TEST(&tests, test_nul_bytes);
	TEST(&tests, test_nothing_there);
	test_list_set_fixtures(&tests, clear, clear);
	return test_list_run(&tests);
}
