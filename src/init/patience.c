/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/patience.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/macro.h"

struct patience {
	struct loop_timer *timer;
	bool running;
	uint64_t left_usec;  /* when the clock was last set */
	uint64_t since_usec; /* when that was */
};

int patience_new(struct loop *loop, uint64_t patience_usec, loop_timer_cb on_over, void *userdata,
		 struct patience **ret_patience)
{
	struct patience *patience = calloc(1, sizeof(*patience));
	int r = patience ? loop_timer_new(loop, on_over, userdata, &patience->timer) : -ENOMEM;

	if (r < 0) {
		free(patience);
		return r;
	}
	patience->left_usec = patience_usec;
	*ret_patience = patience;
	return 0;
}

struct patience *patience_free(struct patience *patience)
{
	if (patience) {
		patience->timer = loop_timer_free(patience->timer);
		free(patience);
	}
	return NULL;
}

static uint64_t count_left(const struct patience *patience)
{
	uint64_t used_usec = patience->running ? clock_now_usec() - patience->since_usec : 0;

	if (patience->left_usec == USEC_INFINITY)
		return USEC_INFINITY;
	return patience->left_usec - MIN(used_usec, patience->left_usec);
}

static void set_clock(struct patience *patience, uint64_t left_usec, bool running)
{
	patience->left_usec = left_usec;
	patience->since_usec = clock_now_usec();
	patience->running = running;
	if (running && left_usec < USEC_INFINITY)
		loop_timer_start(patience->timer, left_usec);
	else
		loop_timer_stop(patience->timer);
}

void patience_set_running(struct patience *patience, bool running)
{
	if (patience->running != running)
		set_clock(patience, count_left(patience), running);
}

void patience_renew(struct patience *patience, uint64_t patience_usec)
{
	set_clock(patience, patience_usec, false);
}

void patience_limit(struct patience *patience, uint64_t left_usec)
{
	if (patience->left_usec < USEC_INFINITY && count_left(patience) > left_usec)
		set_clock(patience, left_usec, patience->running);
}
