/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line on standard error, which is a pipe or a terminal of the test's; the clock is, too. */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "image/writer/progress.h"
#include "support.h"

#define ERASE_LINE "\r\033[K"

static uint64_t now_usec = 1000;

static uint64_t tell_time(void)
{
	return now_usec;
}

/* Runs 100 steps of @step_usec each with @fd as standard error; what was written is in @said. */
static void run(int fd, int reader, uint64_t step_usec, char *said, size_t size)
{
	_cleanup_close_ int saved = dup(STDERR_FILENO);
	struct progress progress;
	size_t n = 0;

	assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
	progress_begin(&progress, "packing", 100);
	for (unsigned int i = 0; i < 100; i++) {
		now_usec += step_usec;
		progress_step(&progress);
	}
	progress_end(&progress);
	(void)fflush(stderr);
	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(fcntl(reader, F_SETFL, O_NONBLOCK), 0);
	while (n < size - 1) {
		ssize_t n_read = read(reader, said + n, size - 1 - n);

		if (n_read <= 0)
			break;
		n += (size_t)n_read;
	}
	said[n] = '\0';
}

static void run_on_terminal(uint64_t step_usec, char *said, size_t size)
{
	_cleanup_close_ int reader = -1, terminal = -1;
	struct termios settings;

	assert_int_equal(openpty(&reader, &terminal, NULL, NULL, NULL), 0);
	assert_int_equal(tcgetattr(terminal, &settings), 0);
	cfmakeraw(&settings);
	assert_int_equal(tcsetattr(terminal, TCSANOW, &settings), 0);
	run(terminal, reader, step_usec, said, size);
}

static void test_pipe(void **state)
{
	char said[64];
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	run(ends[1], ends[0], 50 * USEC_PER_MSEC, said, sizeof(said));
	assert_string_equal(said, "");
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void test_fast(void **state)
{
	char said[64];

	run_on_terminal(4 * USEC_PER_MSEC, said, sizeof(said));
	assert_string_equal(said, "");
}

/* Shown at half a second, then ten times a second, and taken away in the end. */
static void test_slow(void **state)
{
	char said[4096];
	unsigned int n_shown = 0;

	run_on_terminal(10 * USEC_PER_MSEC, said, sizeof(said));
	assert_non_null(strstr(said, ERASE_LINE "packing 50 of 100" ERASE_LINE
						"packing 60 of 100" ERASE_LINE));
	assert_true(strncmp(said, ERASE_LINE "packing 50 of", strlen(ERASE_LINE "packing 50 of")) ==
		    0);
	for (const char *at = said; (at = strstr(at, "packing")); at++)
		n_shown++;
	assert_int_equal(n_shown, 6);
	assert_string_equal(said + strlen(said) -
				    strlen(ERASE_LINE "packing 100 of 100" ERASE_LINE),
			    ERASE_LINE "packing 100 of 100" ERASE_LINE);
}

static void test_end_without_beginning(void **state)
{
	struct progress progress = { 0 };

	progress_end(&progress);
	assert_false(progress.is_shown);
}

int main(void)
{
	struct test_list list = { 0 };

	clock_set_source(tell_time);
	TEST(&list, test_pipe);
	TEST(&list, test_fast);
	TEST(&list, test_slow);
	TEST(&list, test_end_without_beginning);
	return test_list_run(&list);
}
