/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/strbuf.h"
#include "support.h"

#define RING_LINES 32

static void append_line(void *userdata, const char *line)
{
	strbuf_printf(userdata, "%s|", line);
}

static const char *recent_lines(struct strbuf *buf)
{
	log_for_each_recent(append_line, buf);
	return strbuf_string(buf);
}

/* The ring belongs to the process and this test runs first: nothing was said yet. */
static void test_ring_not_full(void **state)
{
	_cleanup_strbuf_ struct strbuf nothing = { 0 }, lines = { 0 };

	assert_string_equal(recent_lines(&nothing), "");
	log_info("one %d", 1);
	log_err("two");
	assert_string_equal(recent_lines(&lines), "one 1|two|");
}

static void test_ring_keeps_the_last_in_order(void **state)
{
	_cleanup_strbuf_ struct strbuf lines = { 0 }, expected = { 0 };

	for (unsigned int i = 0; i < 3 * RING_LINES + 7; i++)
		log_info("message %u", i);
	for (unsigned int i = 2 * RING_LINES + 7; i < 3 * RING_LINES + 7; i++)
		strbuf_printf(&expected, "message %u|", i);
	assert_string_equal(recent_lines(&lines), strbuf_string(&expected));
}

static void remember_line(void *userdata, const char *line)
{
	(void)snprintf(userdata, LOG_MESSAGE_MAX, "%s", line);
}

static const char *last_line(void)
{
	static char line[LOG_MESSAGE_MAX];

	log_for_each_recent(remember_line, line);
	return line;
}

static void test_debug_only_on_demand(void **state)
{
	log_info("before");
	log_debug("not kept");
	assert_int_equal(log_debug_errno(-EIO, "not kept"), -EIO);
	assert_string_equal(last_line(), "before");

	/* It is shown then, but what explains a failure stays. */
	log_set_debug(true);
	log_debug("shown");
	log_set_debug(false);
	assert_string_equal(last_line(), "before");
}

static void test_errno_variant(void **state)
{
	errno = EPERM;
	assert_int_equal(log_warn_errno(-ENOENT, "cannot read %s", "x"), -ENOENT);
	assert_int_equal(errno, EPERM);
	assert_string_equal(last_line(), "cannot read x: No such file or directory");
}

static void test_note_is_kept_whatever_the_level(void **state)
{
	errno = EPERM;
	log_note("shown elsewhere, 100%d");
	assert_int_equal(errno, EPERM);
	assert_string_equal(last_line(), "shown elsewhere, 100%d");
}

static void test_long_messages_are_cut(void **state)
{
	char text[2 * LOG_MESSAGE_MAX];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_info("%s", text);
	assert_int_equal(strlen(last_line()), LOG_MESSAGE_MAX - 1);
	assert_int_equal(log_err_errno(-EIO, "%s", text), -EIO);
	assert_int_equal(strlen(last_line()), LOG_MESSAGE_MAX - 1);

	/* The reason is cut, and only as much as it has to be. */
	text[LOG_MESSAGE_MAX - 5] = '\0';
	log_err_errno(-EIO, "%s", text);
	assert_string_equal(last_line() + LOG_MESSAGE_MAX - 5, ": In");
}

static const struct terminal_row {
	const char *name, *text, *said;
} terminal_rows[] = {
	{ "plain", "100% sure", "100% sure" },
	{ "UTF-8",
	  "Gr\xc3\xb6\xc3\x9f"
	  "e \xe2\x80\xa6",
	  "Gr\xc3\xb6\xc3\x9f"
	  "e \xe2\x80\xa6" },
	{ "backslash", "a\\040b", "a\\040b" },
	{ "escape", "\033[2Jx", "\\033[2Jx" },
	{ "end of a line", "a\nb\tc", "a\\012b\\011c" },
	{ "delete", "\x7f", "\\177" },
	{ "control beyond ASCII",
	  "\xc2\x9b"
	  "2J",
	  "\\302\\2332J" },
	{ "not UTF-8", "\xff\x9b\xc3", "\\377\\233\\303" },
};

static void test_standard_error_without_kmsg(void **state)
{
	const struct terminal_row *row = *state;
	const char *path = scratch_path("stderr");
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	_cleanup_close_ int saved = dup(STDERR_FILENO);
	_cleanup_strbuf_ struct strbuf expected = { 0 };
	_cleanup_free_ char *said = NULL;

	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	log_set_name("somebody");
	log_err("%s", row->text);
	(void)dup2(saved, STDERR_FILENO);
	assert_int_equal(file_read(path, 4096, &said, NULL), 0);
	strbuf_printf(&expected, "somebody: %s\n", row->said);
	assert_string_equal(said, strbuf_string(&expected));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_ring_not_full);
	TEST(&list, test_ring_keeps_the_last_in_order);
	TEST(&list, test_debug_only_on_demand);
	TEST(&list, test_errno_variant);
	TEST(&list, test_note_is_kept_whatever_the_level);
	TEST(&list, test_long_messages_are_cut);
	TEST_ROWS(&list, test_standard_error_without_kmsg, terminal_rows);
	return test_list_run(&list);
}
