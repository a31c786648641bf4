/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "init/loop.h"
#include "support.h"

static struct loop *loop;
static int fds[2]; /* a pipe */
static unsigned int n_calls, n_others, n_hooks;
static struct loop_fd *watch, *other_watch;
static struct loop_timer *timer, *other_timer;

static int set_up(void **state)
{
	n_calls = n_others = n_hooks = 0;
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	return loop_new(&loop);
}

static int tear_down(void **state)
{
	watch = loop_fd_free(watch);
	other_watch = loop_fd_free(other_watch);
	timer = loop_timer_free(timer);
	other_timer = loop_timer_free(other_timer);
	loop = loop_free(loop);
	(void)close(fds[0]);
	(void)close(fds[1]);
	return 0;
}

static void stop(void *userdata)
{
	n_calls++;
	loop_stop(loop);
}

static void count_hook(void *userdata)
{
	n_hooks++;
}

static void count_call(void *userdata)
{
	n_calls++;
}

static void count_other(void *userdata)
{
	n_others++;
}

/* Runs until so much time has passed. */
static void run_for(uint64_t usec)
{
	struct loop_timer *end;

	assert_int_equal(loop_timer_new(loop, stop, NULL, &end), 0);
	loop_timer_start(end, usec);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(end);
	n_calls--;
}

static void read_byte(void *userdata)
{
	char byte;

	assert_int_equal(read(fds[0], &byte, 1), 1);
	n_calls++;
	if (byte == 'e')
		loop_stop(loop);
}

static void test_called_while_readable(void **state)
{
	assert_int_equal(loop_fd_new(loop, fds[0], LOOP_READ, read_byte, NULL, &watch), 0);
	assert_int_equal(write(fds[1], "one", 3), 3);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_calls, 3);
}

static void test_called_when_writable(void **state)
{
	assert_int_equal(loop_fd_new(loop, fds[1], LOOP_WRITE, stop, NULL, &watch), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_calls, 1);
}

static void test_called_when_hung_up(void **state)
{
	assert_int_equal(loop_fd_new(loop, fds[0], LOOP_READ, stop, NULL, &watch), 0);
	(void)close(fds[1]);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_calls, 1);
	fds[1] = -1;
}

/* Nobody reads, so it is readable all the time. */
static void test_called_once_a_change(void **state)
{
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(loop_fd_new(loop, fds[0], LOOP_CHANGE, count_call, NULL, &watch), 0);
	run_for(10 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 1);
	run_for(10 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 1);
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_for(10 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 2);
}

static void free_both(void *userdata)
{
	n_calls++;
	watch = loop_fd_free(watch);
	other_watch = loop_fd_free(other_watch);
}

/* Whichever is called first, both are ready: the other must not be called any more. */
static void test_freed_from_within(void **state)
{
	int copy = fcntl(fds[0], F_DUPFD_CLOEXEC, 0);

	assert_int_equal(loop_fd_new(loop, fds[0], LOOP_READ, free_both, NULL, &watch), 0);
	assert_int_equal(loop_fd_new(loop, copy, LOOP_READ, free_both, NULL, &other_watch), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	run_for(10 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 1);
	(void)close(copy);
}

static void test_timer_once(void **state)
{
	assert_int_equal(loop_timer_new(loop, count_call, NULL, &timer), 0);
	assert_int_equal(loop_timer_new(loop, count_other, NULL, &other_timer), 0);
	loop_timer_start(timer, 0);
	run_for(20 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_others, 0); /* it was never started */
}

static void test_timer_stopped_and_started_anew(void **state)
{
	assert_int_equal(loop_timer_new(loop, count_call, NULL, &timer), 0);
	assert_int_equal(loop_timer_new(loop, count_other, NULL, &other_timer), 0);
	loop_timer_start(timer, USEC_PER_MSEC);
	loop_timer_stop(timer);
	loop_timer_stop(timer);
	loop_timer_start(other_timer, 3600 * USEC_PER_SEC);
	loop_timer_start(other_timer, USEC_PER_MSEC);
	run_for(20 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 0);
	assert_int_equal(n_others, 1);
}

static void free_timers(void *userdata)
{
	n_calls++;
	timer = loop_timer_free(timer);
	other_timer = loop_timer_free(other_timer);
}

static void test_timer_freed_from_within(void **state)
{
	assert_int_equal(loop_timer_new(loop, free_timers, NULL, &timer), 0);
	assert_int_equal(loop_timer_new(loop, free_timers, NULL, &other_timer), 0);
	loop_timer_start(timer, 0);
	loop_timer_start(other_timer, 0);
	run_for(10 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 1);
}

/* Once before the first events and then after each batch; waiting is no batch. */
static void test_hook(void **state)
{
	loop_set_hook(loop, count_hook, NULL);
	assert_int_equal(loop_timer_new(loop, count_call, NULL, &timer), 0);
	loop_timer_start(timer, USEC_PER_MSEC);
	run_for(50 * USEC_PER_MSEC);
	assert_int_equal(n_calls, 1);
	assert_int_equal(n_hooks, 2); /* not after the one that stopped the loop */
}

static void test_hook_may_stop(void **state)
{
	loop_set_hook(loop, stop, NULL);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_calls, 1);
	/* And it can be run again. */
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_calls, 2);
}

static void on_signal(void *userdata, const struct signalfd_siginfo *info)
{
	n_calls += info->ssi_signo == SIGUSR1;
	if (info->ssi_signo == SIGUSR2)
		loop_stop(loop);
}

static void test_signals(void **state)
{
	sigset_t signals, before;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGUSR1);
	(void)sigaddset(&signals, SIGUSR2);
	assert_int_equal(sigprocmask(SIG_BLOCK, &signals, &before), 0);
	assert_int_equal(loop_watch_signals(loop, &signals, on_signal, NULL), 0);
	assert_int_equal(raise(SIGUSR1), 0);
	assert_int_equal(raise(SIGUSR2), 0);
	assert_int_equal(loop_run(loop), 0);
	assert_int_equal(n_calls, 1);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void test_null(void **state)
{
	assert_null(loop_fd_free(NULL));
	assert_null(loop_timer_free(NULL));
	assert_null(loop_free(NULL));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, test_called_while_readable);
	TEST(&list, test_called_when_writable);
	TEST(&list, test_called_when_hung_up);
	TEST(&list, test_called_once_a_change);
	TEST(&list, test_freed_from_within);
	TEST(&list, test_timer_once);
	TEST(&list, test_timer_stopped_and_started_anew);
	TEST(&list, test_timer_freed_from_within);
	TEST(&list, test_hook);
	TEST(&list, test_hook_may_stop);
	TEST(&list, test_signals);
	TEST(&list, test_null);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
