/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Consoles that are pseudo-terminals: what is written to one can be read at its other end. A file
 * stands for the kernel's list of them, and the test tells of its changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "init/console.h"
#include "init/loop.h"
#include "recent-log.h"
#include "support.h"

#define N_TERMINALS 2
#define QUESTION    "who? "

/* The linker puts the one in the place of the other; see meson.build. */
int __real_loop_fd_new(struct loop *owner, int fd, enum loop_io io, loop_fd_cb callback,
		       void *userdata, struct loop_fd **ret_watch);
int __wrap_loop_fd_new(struct loop *owner, int fd, enum loop_io io, loop_fd_cb callback,
		       void *userdata, struct loop_fd **ret_watch);

static struct loop *loop;
static struct consoles *consoles;
static int other_ends[N_TERMINALS];
static char names[N_TERMINALS][32]; /* below /dev */
static loop_fd_cb on_list_changed;
static void *list_userdata;
static unsigned int n_opened; /* how often we were told that consoles came */
static char typed[64];
static size_t n_typed;
static unsigned int typed_on;

int __wrap_loop_fd_new(struct loop *owner, int fd, enum loop_io io, loop_fd_cb callback,
		       void *userdata, struct loop_fd **ret_watch)
{
	if (io != LOOP_CHANGE)
		return __real_loop_fd_new(owner, fd, io, callback, userdata, ret_watch);
	on_list_changed = callback;
	list_userdata = userdata;
	return 0;
}

/* Nobody can open it before it is unlocked. */
static void make_terminal(int number)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	assert_true(fd >= 0);
	(void)snprintf(names[number], sizeof(names[number]), "%s",
		       str_after_prefix(ptsname(fd), "/dev/"));
	other_ends[number] = fd;
}

static void unlock_terminal(int number)
{
	assert_int_equal(grantpt(other_ends[number]), 0);
	assert_int_equal(unlockpt(other_ends[number]), 0);
}

/* The first @n are consoles. */
static void list(int n)
{
	char text[128] = "";

	for (int i = 0; i < n; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s",
			       i > 0 ? " " : "", names[i]);
	(void)strcat(text, "\n");
	write_text(scratch_path("class/tty/console/active"), text);
}

static void list_and_tell(int n)
{
	list(n);
	on_list_changed(list_userdata);
}

static void on_opened(void *userdata)
{
	n_opened++;
}

/* With the first @n of them. */
static void make(int n, const char *named)
{
	list(n);
	assert_int_equal(consoles_new(loop, scratch_directory(), named, on_opened, NULL, &consoles),
			 0);
}

static int set_up(void **state)
{
	n_opened = 0;
	n_typed = 0;
	for (int i = 0; i < N_TERMINALS; i++) {
		make_terminal(i);
		unlock_terminal(i);
	}
	recent_log_start();
	return loop_new(&loop);
}

static int tear_down(void **state)
{
	consoles = consoles_free(consoles);
	loop = loop_free(loop);
	for (int i = 0; i < N_TERMINALS; i++)
		other_ends[i] = safe_close(other_ends[i]);
	return 0;
}

static void expect_shown(int number, const char *text)
{
	char shown[256] = "";
	size_t size = 0;
	ssize_t n;

	/* What was written bit by bit may be read so. */
	while ((n = read(other_ends[number], shown + size, sizeof(shown) - 1 - size)) > 0)
		size += (size_t)n;
	assert_string_equal(shown, text);
}

static void expect_echo(int number, bool is_on)
{
	struct termios state;

	assert_int_equal(tcgetattr(other_ends[number], &state), 0);
	assert_int_equal((state.c_lflag & ECHO) != 0, is_on);
}

static void on_input(void *userdata, unsigned int console, char *bytes, size_t size)
{
	typed_on = console;
	assert_in_range(n_typed + size, 0, sizeof(typed) - 1);
	memcpy(typed + n_typed, bytes, size);
	n_typed += size;
	typed[n_typed] = '\0';
	loop_stop(loop);
}

static void send_keys(int number, const char *bytes, size_t size)
{
	assert_int_equal(write(other_ends[number], bytes, size), size);
}

/* At the other end @number of the console that is @console. */
static void type(int number, unsigned int console, const char *text)
{
	n_typed = 0;
	send_keys(number, text, strlen(text));
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(typed, text);
	assert_int_equal(typed_on, console);
}

static void ask(void)
{
	consoles_set_input(consoles, on_input, NULL);
	consoles_set_prompt(consoles, QUESTION);
}

static void hang_up(int number)
{
	other_ends[number] = safe_close(other_ends[number]);
}

static void stop(void *userdata)
{
	loop_stop(loop);
}

/* Until what has happened was seen. */
static void run_shortly(void)
{
	struct loop_timer *end;

	assert_int_equal(loop_timer_new(loop, stop, NULL, &end), 0);
	loop_timer_start(end, 20 * USEC_PER_MSEC);
	assert_int_equal(loop_run(loop), 0);
	(void)loop_timer_free(end);
}

static void print_to_all(void)
{
	consoles_print(consoles, "hello\n");
	expect_shown(0, "hello\r\n");
	expect_shown(1, "hello\r\n");
}

static void are_written_to_all(void **state)
{
	make(2, NULL);
	print_to_all();
}

static void are_opened_anew(void **state)
{
	make(2, NULL);
	consoles_reopen(consoles);
	print_to_all();
	consoles_set_input(consoles, on_input, NULL);
	type(0, 0, "a");
	type(1, 1, "b");
}

static void one_that_is_gone_is_done_without(void **state)
{
	make(2, NULL);
	hang_up(0);
	consoles_reopen(consoles);
	assert_true(consoles_exist(consoles));
	consoles_print(consoles, "hello\n");
	expect_shown(1, "hello\r\n");
	consoles_set_input(consoles, on_input, NULL);
	type(1, 1, "b");
	expect_no_message();
}

static void all_that_are_gone_are_none(void **state)
{
	make(2, NULL);
	hang_up(0);
	hang_up(1);
	consoles_reopen(consoles);
	assert_false(consoles_exist(consoles));
	consoles_print(consoles, "hello\n");
	consoles_set_input(consoles, on_input, NULL);
	expect_no_message();
}

static void a_late_one_joins_in(void **state)
{
	make(1, NULL);
	ask();
	expect_shown(0, QUESTION);
	list_and_tell(2);
	assert_int_equal(n_opened, 1);
	expect_shown(0, "");
	expect_shown(1, QUESTION);
	expect_echo(1, false);
	type(1, 1, "me");

	consoles_set_prompt(consoles, NULL);
	consoles_set_input(consoles, NULL, NULL);
	expect_echo(1, false);
	consoles_print(consoles, "so\n");
	expect_shown(1, "\r\nso\r\n");
}

static void the_first_may_be_late(void **state)
{
	make(0, "hvc0");
	assert_false(consoles_exist(consoles));
	assert_string_equal(consoles_get_awaited(consoles), "hvc0");
	ask();
	list_and_tell(1);
	assert_true(consoles_exist(consoles));
	assert_null(consoles_get_awaited(consoles));
	expect_shown(0, QUESTION);
	type(0, 0, "me");
}

static void none_is_awaited_unless_one_is_named(void **state)
{
	make(0, NULL);
	assert_false(consoles_exist(consoles));
	assert_null(consoles_get_awaited(consoles));
}

static void none_is_opened_twice(void **state)
{
	make(1, NULL);
	ask();
	list_and_tell(1);
	consoles_look_again(consoles);
	assert_int_equal(n_opened, 0);
	expect_shown(0, QUESTION);
}

/* Drivers of serial ports tell of the console first, and make its terminal then. */
static void a_terminal_may_come_after_its_console(void **state)
{
	make(0, "ttyS4");
	ask();
	hang_up(0);
	make_terminal(0);
	list_and_tell(1);
	assert_false(consoles_exist(consoles));
	unlock_terminal(0);
	consoles_look_again(consoles);
	assert_int_equal(n_opened, 1);
	expect_shown(0, QUESTION);
}

static void one_that_is_pulled_out_may_come_back(void **state)
{
	make(1, "ttyUSB0");
	ask();
	hang_up(0);
	run_shortly();
	assert_string_equal(consoles_get_awaited(consoles), "ttyUSB0");
	list_and_tell(0);
	make_terminal(0);
	unlock_terminal(0);
	list_and_tell(1);
	expect_shown(0, QUESTION);
	type(0, 1, "me");
}

/* --- what is typed --- */

/* Neither before a question, nor during one, nor after it. */
static void nothing_is_echoed(void **state)
{
	make(2, NULL);
	send_keys(0, "early", 5);
	consoles_set_input(consoles, on_input, NULL);
	consoles_set_prompt(consoles, QUESTION);
	expect_shown(0, QUESTION);
	type(0, 0, "me");
	consoles_set_prompt(consoles, NULL);
	consoles_set_input(consoles, NULL, NULL);
	expect_shown(0, "\r\n");
	send_keys(0, "again", 5);
	consoles_reopen(consoles);
	send_keys(0, "and again\n", 10);
	/* Whatever would show does by now. */
	consoles_set_input(consoles, on_input, NULL);
	expect_shown(0, "");
}

static void what_was_typed_before_is_no_answer(void **state)
{
	make(2, NULL);
	send_keys(0, "early\n", 6);
	consoles_set_input(consoles, on_input, NULL);
	type(0, 0, "now\n");
	consoles_set_input(consoles, NULL, NULL);
	send_keys(0, "\4\4\4between\n", 11);
	consoles_set_input(consoles, on_input, NULL);
	type(0, 0, "again\n");
}

/* Half a line is typed when something else is said. */
static void a_message_leaves_what_is_typed(void **state)
{
	make(2, NULL);
	consoles_set_input(consoles, on_input, NULL);
	consoles_set_prompt(consoles, QUESTION);
	expect_shown(0, QUESTION);
	send_keys(0, "ha", 2);
	consoles_print(consoles, "hello\n");
	expect_shown(0, "\r\033[Jhello\r\nwho? ");
	send_keys(0, "lf", 2);
	while (n_typed < 4)
		assert_int_equal(loop_run(loop), 0);
	assert_string_equal(typed, "half");
	consoles_set_prompt(consoles, NULL);
}

/* Those that mean something to a terminal. */
static void every_byte_comes_through(void **state)
{
	static const char bytes[] = "a\0\1\2\3\4\5\x11\x13\x15\x16\x17\x1a\x1c\x7f\r\n\xff";

	make(2, NULL);
	consoles_set_input(consoles, on_input, NULL);
	send_keys(0, bytes, sizeof(bytes));
	while (n_typed < sizeof(bytes))
		assert_int_equal(loop_run(loop), 0);
	assert_memory_equal(typed, bytes, sizeof(bytes));
}

static void the_end_of_a_file_is_none(void **state)
{
	make(2, NULL);
	consoles_set_input(consoles, on_input, NULL);
	send_keys(0, "\4", 1);
	/* The other one's byte comes after it. */
	type(1, 1, "a");
	type(0, 0, "b");
}

static void expect_state(int number, const struct termios *expected)
{
	struct termios state = { 0 };

	assert_int_equal(tcgetattr(other_ends[number], &state), 0);
	assert_memory_equal(&state, expected, sizeof(state));
}

static void terminals_are_given_back(void **state)
{
	_cleanup_free_ char *path = str_format("/dev/%s", names[0]);
	_cleanup_close_ int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios original = { 0 };

	assert_int_equal(tcgetattr(fd, &original), 0);
	make(2, NULL);
	consoles_set_input(consoles, on_input, NULL);
	send_keys(0, "for us\n", 7);
	consoles = consoles_free(consoles);
	expect_state(0, &original);
	/* What was typed for us is nobody else's to read. */
	assert_int_equal(read(fd, typed, sizeof(typed)), -1);
	assert_int_equal(errno, EAGAIN);
}

static void terminals_are_lent(void **state)
{
	struct termios original = { 0 };

	assert_int_equal(tcgetattr(other_ends[0], &original), 0);
	make(1, NULL);
	expect_echo(0, false);
	consoles_lend(consoles);
	expect_state(0, &original);
	consoles_reopen(consoles);
	expect_echo(0, false);
}

/* --- what is shown of it --- */

static void set_width(int number, unsigned short columns)
{
	const struct winsize window = { .ws_col = columns };

	assert_int_equal(ioctl(other_ends[number], TIOCSWINSZ, &window), 0);
}

static void stars_come_and_go(void **state)
{
	static const char stars[] = "****", other[] = "ab";

	make(2, NULL);
	consoles_set_prompt(consoles, QUESTION);
	expect_shown(0, QUESTION);
	consoles_set_typed(consoles, 0, stars, 1);
	expect_shown(0, "*");
	consoles_set_typed(consoles, 0, stars, 3);
	expect_shown(0, "**");
	consoles_print(consoles, "hello\n");
	expect_shown(0, "\r\033[Jhello\r\nwho? ***");
	consoles_set_typed(consoles, 0, stars, 2);
	expect_shown(0, "\r\033[Jwho? **");
	consoles_set_typed(consoles, 0, other, 2);
	expect_shown(0, "\r\033[Jwho? ab");
	consoles_set_prompt(consoles, NULL);
	consoles_set_prompt(consoles, "why? ");
	expect_shown(0, "\r\nwhy? ");
	expect_shown(1, "who? \r\033[Jhello\r\nwho? \r\nwhy? ");
	consoles_set_prompt(consoles, NULL);
}

struct wrap_row {
	const char *name;
	unsigned short columns;
	size_t n_stars;
	const char *erasure;
};

/* The prompt takes ten columns. */
static const struct wrap_row wrap_rows[] = {
	{ "one row", 80, 4, "\r\033[J" },
	{ "a width that is not known", 0, 4, "\r\033[J" },
	{ "a full row", 14, 4, "\r\033[J" },
	{ "one column more", 13, 4, "\r\033[1A\033[J" },
	{ "three rows", 6, 4, "\r\033[2A\033[J" },
	{ "no stars", 9, 0, "\r\033[1A\033[J" },
};

static void prompt_is_erased_over_rows(void **state)
{
	static const char stars[] = "****";
	const struct wrap_row *row = *state;
	char text[64];

	make(1, NULL);
	set_width(0, row->columns);
	consoles_set_prompt(consoles, "w\xc3\xa4r is es ");
	consoles_set_typed(consoles, 0, stars, row->n_stars);
	(void)snprintf(text, sizeof(text), "w\xc3\xa4r is es %.*s", (int)row->n_stars, stars);
	expect_shown(0, text);
	consoles_print(consoles, "hello\n");
	(void)snprintf(text, sizeof(text), "%shello\r\nw\xc3\xa4r is es %.*s", row->erasure,
		       (int)row->n_stars, stars);
	expect_shown(0, text);
	consoles_set_prompt(consoles, NULL);
}

int main(void)
{
	struct test_list tests = { 0 };

	TEST(&tests, are_written_to_all);
	TEST(&tests, are_opened_anew);
	TEST(&tests, one_that_is_gone_is_done_without);
	TEST(&tests, all_that_are_gone_are_none);
	TEST(&tests, a_late_one_joins_in);
	TEST(&tests, the_first_may_be_late);
	TEST(&tests, none_is_awaited_unless_one_is_named);
	TEST(&tests, none_is_opened_twice);
	TEST(&tests, a_terminal_may_come_after_its_console);
	TEST(&tests, one_that_is_pulled_out_may_come_back);
	TEST(&tests, nothing_is_echoed);
	TEST(&tests, what_was_typed_before_is_no_answer);
	TEST(&tests, a_message_leaves_what_is_typed);
	TEST(&tests, every_byte_comes_through);
	TEST(&tests, the_end_of_a_file_is_none);
	TEST(&tests, terminals_are_given_back);
	TEST(&tests, terminals_are_lent);
	TEST(&tests, stars_come_and_go);
	TEST_ROWS(&tests, prompt_is_erased_over_rows, wrap_rows);
	test_list_set_fixtures(&tests, set_up, tear_down);
	return test_list_run(&tests);
}
