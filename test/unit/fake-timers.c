/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake-timers.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/list.h"
#include "init/loop.h"
#include "support.h"

struct loop_timer {
	struct list link;
	loop_timer_cb callback;
	void *userdata;
	uint64_t due_usec;
};

static struct list timers;
static uint64_t now_usec;

/* The linker puts these in the place of the real ones; see meson.build. */
int __wrap_loop_timer_new(struct loop *loop, loop_timer_cb callback, void *userdata,
			  struct loop_timer **ret_timer);
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
void __wrap_loop_timer_stop(struct loop_timer *timer);
struct loop_timer *__wrap_loop_timer_free(struct loop_timer *timer);

int __wrap_loop_timer_new(struct loop *loop, loop_timer_cb callback, void *userdata,
			  struct loop_timer **ret_timer)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	assert_non_null(timer);
	timer->callback = callback;
	timer->userdata = userdata;
	timer->due_usec = USEC_INFINITY;
	list_append(&timers, &timer->link);
	*ret_timer = timer;
	return 0;
}

void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec)
{
	timer->due_usec = now_usec + after_usec;
}

void __wrap_loop_timer_stop(struct loop_timer *timer)
{
	timer->due_usec = USEC_INFINITY;
}

struct loop_timer *__wrap_loop_timer_free(struct loop_timer *timer)
{
	if (timer) {
		list_remove(&timer->link);
		free(timer);
	}
	return NULL;
}

void fake_timers_begin(void)
{
	list_init(&timers);
	now_usec = 0;
}

void fake_timers_end(void)
{
	assert_true(list_is_empty(&timers));
}

uint64_t fake_timers_now_usec(void)
{
	return now_usec;
}

static struct loop_timer *find_next(void)
{
	struct loop_timer *timer, *next = NULL;

	list_for_each(timer, &timers, link)
		if (timer->due_usec != USEC_INFINITY && (!next || timer->due_usec < next->due_usec))
			next = timer;
	return next;
}

uint64_t fake_timers_next_usec(void)
{
	const struct loop_timer *next = find_next();

	return next ? next->due_usec : USEC_INFINITY;
}

void fake_timers_fire(void)
{
	struct loop_timer *timer = find_next();

	assert_non_null(timer);
	now_usec = timer->due_usec;
	timer->due_usec = USEC_INFINITY;
	timer->callback(timer->userdata);
}

void fake_timers_advance_to(uint64_t usec)
{
	while (fake_timers_next_usec() <= usec)
		fake_timers_fire();
	now_usec = usec;
}
