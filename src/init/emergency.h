/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

struct consoles;
struct loop;

/*
 * How many seconds the text stays on the screen before the machine reboots, with panic= as
 * @panic_sec: none if it is negative, 30 if it is 0 or was not given.
 */
unsigned int emergency_wait_sec(int panic_sec);

/*
 * The last resort. Shows @report on all consoles, waits for Enter or for as long as @panic_sec
 * asks for, and reboots. Returns to the loop, which has to go on; nothing else should happen there
 * any more. 0, or -ENOMEM and then the caller has to reboot at once.
 */
int emergency_begin(struct loop *loop, struct consoles *consoles, const char *report,
		    int panic_sec);

/* For when there is not even a loop: says why, waits as @panic_sec asks for, and reboots. */
_noreturn_ void emergency_without_loop(const char *reason, int panic_sec);
