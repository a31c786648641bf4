/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static uint64_t (*clock_source)(void);

uint64_t clock_now_usec(void)
{
	struct timespec now = { 0 };

	if (clock_source)
		return clock_source();
	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * USEC_PER_SEC + (uint64_t)now.tv_nsec / 1000;
}

void clock_set_source(uint64_t (*now_usec)(void))
{
	clock_source = now_usec;
}
