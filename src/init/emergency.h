/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"

struct consoles;
struct emergency;
struct loop;

/*
 * The last resort. Shows @report on all consoles, waits for Enter or for the time that @panic_sec
 * (as panic= gives it; 0: 30 s, negative: none) asks for, and reboots. Returns to the loop, which
 * has to go on; nothing else should happen there any more. 0, or -ENOMEM and then the caller has
 * to reboot at once.
 */
int emergency_begin(struct loop *loop, struct consoles *consoles, const char *report, int panic_sec,
		    struct emergency **ret_emergency);

/* For when there is not even a loop: says why on standard error, waits 10 s and reboots. */
_noreturn_ void emergency_without_loop(const char *reason);
