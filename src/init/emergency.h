/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

struct boot_config;
struct consoles;
struct loop;
struct shell;

/*
 * The last resort. Shows @report on all consoles, waits for Enter or for as long as panic= asks
 * for, and reboots, or whatever rd.emergency= says; gives a shell before that, if @shell can and
 * somebody asks for it. Returns to the loop, which has to go on; nothing else should happen there
 * any more. 0, or -ENOMEM and then the caller has to end at once.
 */
int emergency_begin(struct loop *loop, struct consoles *consoles, struct shell *shell,
		    const char *report, const struct boot_config *config);

/*
 * For when there is not even a loop: says why, and what the negative errno @error means unless it
 * is 0, waits as panic= asks for, and ends the same way.
 */
_noreturn_ void emergency_without_loop(const char *reason, int error,
				       const struct boot_config *config);

/* From here on, if this program crashes, the machine ends the same way, though nobody is asked. */
void emergency_catch_crashes(const struct boot_config *config);
