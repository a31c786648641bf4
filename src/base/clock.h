/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#define USEC_PER_SEC  UINT64_C(1000000)
#define USEC_PER_MSEC UINT64_C(1000)

/* A point in time or a span that never comes. */
#define USEC_INFINITY UINT64_MAX

/* Microseconds of CLOCK_BOOTTIME: no jumps when the wall clock is set, and suspend counts. */
uint64_t clock_now_usec(void);

/* Replaces the clock, for tests that replay events; NULL brings the real one back. */
void clock_set_source(uint64_t (*now_usec)(void));
