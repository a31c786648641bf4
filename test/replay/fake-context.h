/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The context of a goal on the machine of harness.h. What a search asks of others is written down
 * as an action: "say …" on the consoles, "volume UUID on NODE as NAME".
 */

#include <stdbool.h>

#include "config/cmdline.h"
#include "init/goal-context.h"

extern struct goal_context fake_context;
extern struct boot_config fake_config;  /* of that context */
extern const char *fake_boot_partition; /* NULL while the firmware is still being asked */
extern const char *fake_closed_volume;  /* the name of the one that will not be opened */

/* With that command line, for the devices of the machine as it is set up. */
void fake_context_begin(const char *cmdline);
void fake_context_end(void);

/* Whether a timer runs; and lets all of those run out. */
bool fake_context_timer_runs(void);
void fake_context_timers_run_out(void);
