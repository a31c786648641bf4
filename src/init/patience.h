/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "init/loop.h"

/*
 * How long something is waited for: a clock that runs down only while there is nothing to do but
 * wait. It stands still at first. @on_over is called when nothing is left, and once more each time
 * that the clock is let run again; @patience_usec may be USEC_INFINITY. 0 or -ENOMEM.
 */
struct patience;

int patience_new(struct loop *loop, uint64_t patience_usec, loop_timer_cb on_over, void *userdata,
		 struct patience **ret_patience);
struct patience *patience_free(struct patience *patience);

/* Lets the clock run or stand still; saying the same again changes nothing. */
void patience_set_running(struct patience *patience, bool running);

/* Begins anew, with the clock standing still. */
void patience_renew(struct patience *patience, uint64_t patience_usec);

/* Leaves at most @left_usec, unless it is without end. */
void patience_limit(struct patience *patience, uint64_t left_usec);
