/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * The loop's timers on a clock of their own, for tests that wrap loop_timer_new(), _start(),
 * _stop() and _free().
 */

/* The clock is at 0, and there are no timers; at the end each has been freed. */
void fake_timers_begin(void);
void fake_timers_end(void);

/* The clock; also for clock_set_source(). */
uint64_t fake_timers_now_usec(void);

/* When the next one is due; USEC_INFINITY if none runs. */
uint64_t fake_timers_next_usec(void);

/* Sets the clock to when the next one is due, and calls it. It may free any timer. */
void fake_timers_fire(void);

/* Sets the clock, after what is due by then has been fired. */
void fake_timers_advance_to(uint64_t usec);
