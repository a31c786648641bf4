/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Consoles that are pseudo-terminals: what is written to one can be read at its other end. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "init/console.h"
#include "init/loop.h"
#include "recent-log.h"
#include "support.h"

#define N_TERMINALS 2

/* The linker puts this in the place of the real one; see meson.build. */
int __wrap_file_read_attribute(int dir_fd, const char *path, char *buf, size_t size);

static struct loop *loop;
static struct consoles *consoles;
static int other_ends[N_TERMINALS];
static char active[64]; /* as the kernel lists them */
static char typed[64];
static unsigned int typed_on;

int __wrap_file_read_attribute(int dir_fd, const char *path, char *buf, size_t size)
{
	assert_string_equal(path, "/sys/class/tty/console/active");
	return snprintf(buf, size, "%s", active);
}

static void make_terminal(int number)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	size_t size = strlen(active);

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	(void)snprintf(active + size, sizeof(active) - size, "%s%s", size ? " " : "",
		       str_after_prefix(ptsname(fd), "/dev/"));
	other_ends[number] = fd;
}

static int set_up(void **state)
{
	active[0] = typed[0] = '\0';
	for (int i = 0; i < N_TERMINALS; i++)
		make_terminal(i);
	recent_log_start();
	assert_int_equal(loop_new(&loop), 0);
	return consoles_new(loop, &consoles);
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
	char shown[256];
	ssize_t n = read(other_ends[number], shown, sizeof(shown) - 1);

	assert_true(n > 0);
	shown[n] = '\0';
	assert_string_equal(shown, text);
}

static void on_input(void *userdata, unsigned int console, char *bytes, size_t size)
{
	assert_true(console < consoles_count(consoles));
	typed_on = console;
	(void)snprintf(typed, sizeof(typed), "%.*s", (int)size, bytes);
	loop_stop(loop);
}

/* At the other end @number of the console that is @console. */
static void type(int number, unsigned int console, const char *text)
{
	assert_int_equal(write(other_ends[number], text, strlen(text)), strlen(text));
	assert_int_equal(loop_run(loop), 0);
	assert_string_equal(typed, text);
	assert_int_equal(typed_on, console);
}

static void hang_up(int number)
{
	other_ends[number] = safe_close(other_ends[number]);
}

static void are_written_to_all(void **state)
{
	consoles_print(consoles, "hello\n");
	expect_shown(0, "hello\r\n");
	expect_shown(1, "hello\r\n");
}

static void are_opened_anew(void **state)
{
	consoles_reopen(consoles);
	are_written_to_all(state);
	consoles_set_input(consoles, on_input, NULL);
	type(0, 0, "a");
	type(1, 1, "b");
}

static void one_that_is_gone_is_done_without(void **state)
{
	hang_up(0);
	consoles_reopen(consoles);
	assert_int_equal(consoles_count(consoles), 1);
	consoles_print(consoles, "hello\n");
	expect_shown(1, "hello\r\n");
	consoles_set_input(consoles, on_input, NULL);
	type(1, 0, "b");
	expect_no_message();
}

static void all_that_are_gone_are_none(void **state)
{
	hang_up(0);
	hang_up(1);
	consoles_reopen(consoles);
	assert_int_equal(consoles_count(consoles), 0);
	consoles_print(consoles, "hello\n");
	consoles_set_input(consoles, on_input, NULL);
	expect_no_message();
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, are_written_to_all);
	TEST(&list, are_opened_anew);
	TEST(&list, one_that_is_gone_is_done_without);
	TEST(&list, all_that_are_gone_are_none);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
