/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "config/breakpoint.h"

struct breakpoints;
struct consoles;
struct prompt;
struct shell;

/*
 * Where boot stops for a shell; @wanted has a bit for each point, as in struct boot_config. 0 or
 * -ENOMEM.
 */
int breakpoints_new(struct shell *shell, struct consoles *consoles, struct prompt *prompt,
		    unsigned int wanted, struct breakpoints **ret_breakpoints);
struct breakpoints *breakpoints_free(struct breakpoints *breakpoints);

/* Whether boot is still to stop at @point. */
bool breakpoints_are_wanted(const struct breakpoints *breakpoints, enum breakpoint point);

/*
 * Whether boot may go on beyond @point. False if a shell has been opened for it now, and while a
 * question is open that has to be answered before. Without a shell that is said, once.
 */
bool breakpoints_pass(struct breakpoints *breakpoints, enum breakpoint point);
