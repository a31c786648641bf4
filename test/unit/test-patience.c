/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A clock that is set, and a timer of which only is noted for when it is set. */
#include "base/clock.h"
#include "init/loop.h"
#include "init/patience.h"
#include "support.h"

#define NOT_SET 0

static struct loop *loop;
static struct patience *patience;
static uint64_t now_usec, timer_usec; /* when the timer would go off, or NOT_SET */

/* The linker puts these in the place of the loop's; see meson.build. */
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
void __wrap_loop_timer_stop(struct loop_timer *timer);

void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec)
{
	timer_usec = now_usec + after_usec;
}

void __wrap_loop_timer_stop(struct loop_timer *timer)
{
	timer_usec = NOT_SET;
}

static uint64_t now(void)
{
	return now_usec;
}

static void fail_if_called(void *userdata)
{
	fail();
}

static void make(uint64_t usec)
{
	assert_int_equal(patience_new(loop, usec, fail_if_called, NULL, &patience), 0);
}

static int set_up(void **state)
{
	clock_set_source(now);
	now_usec = 0;
	timer_usec = NOT_SET;
	return loop_new(&loop);
}

static int tear_down(void **state)
{
	patience = patience_free(patience);
	loop = loop_free(loop);
	clock_set_source(NULL);
	return 0;
}

static void stands_still_at_first(void **state)
{
	make(100);
	assert_int_equal(timer_usec, NOT_SET);
}

static void begins_anew(void **state)
{
	make(100);
	patience_set_running(patience, true);
	now_usec = 90;
	patience_renew(patience, 50);
	assert_int_equal(timer_usec, NOT_SET);
	patience_set_running(patience, true);
	assert_int_equal(timer_usec, 140);
}

static void runs_down_only_while_it_runs(void **state)
{
	make(100);
	now_usec = 1000;
	patience_set_running(patience, true);
	assert_int_equal(timer_usec, 1100);
	now_usec = 1030;
	patience_set_running(patience, true);
	assert_int_equal(timer_usec, 1100);
	patience_set_running(patience, false);
	assert_int_equal(timer_usec, NOT_SET);
	now_usec = 5000;
	patience_set_running(patience, true);
	assert_int_equal(timer_usec, 5070);
}

/* As after a callback that was late. */
static void never_has_less_than_nothing(void **state)
{
	make(100);
	patience_set_running(patience, true);
	now_usec = 101;
	patience_set_running(patience, false);
	patience_set_running(patience, true);
	assert_int_equal(timer_usec, 101);
}

static void is_limited_while_it_runs(void **state)
{
	make(100);
	patience_set_running(patience, true);
	now_usec = 10;
	patience_limit(patience, 95);
	assert_int_equal(timer_usec, 100);
	patience_limit(patience, 30);
	assert_int_equal(timer_usec, 40);
	/* What is said again and again must not add up. */
	now_usec = 20;
	patience_limit(patience, 30);
	assert_int_equal(timer_usec, 40);
}

static void is_limited_while_it_stands(void **state)
{
	make(100);
	patience_limit(patience, 30);
	assert_int_equal(timer_usec, NOT_SET);
	now_usec = 10;
	patience_set_running(patience, true);
	assert_int_equal(timer_usec, 40);
}

static void may_be_without_end(void **state)
{
	make(USEC_INFINITY);
	patience_set_running(patience, true);
	patience_limit(patience, 30);
	assert_int_equal(timer_usec, NOT_SET);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, stands_still_at_first);
	TEST(&list, begins_anew);
	TEST(&list, runs_down_only_while_it_runs);
	TEST(&list, never_has_less_than_nothing);
	TEST(&list, is_limited_while_it_runs);
	TEST(&list, is_limited_while_it_stands);
	TEST(&list, may_be_without_end);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
