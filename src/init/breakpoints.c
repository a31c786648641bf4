/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/breakpoints.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "init/console.h"
#include "init/prompt.h"
#include "init/shell.h"

struct breakpoints {
	struct shell *shell;
	struct consoles *consoles;
	struct prompt *prompt;
	unsigned int wanted; /* those that are still to come */
};

int breakpoints_new(struct shell *shell, struct consoles *consoles, struct prompt *prompt,
		    unsigned int wanted, struct breakpoints **ret_breakpoints)
{
	struct breakpoints *breakpoints = calloc(1, sizeof(*breakpoints));

	if (!breakpoints)
		return -ENOMEM;
	breakpoints->shell = shell;
	breakpoints->consoles = consoles;
	breakpoints->prompt = prompt;
	breakpoints->wanted = wanted;
	*ret_breakpoints = breakpoints;
	return 0;
}

struct breakpoints *breakpoints_free(struct breakpoints *breakpoints)
{
	free(breakpoints);
	return NULL;
}

static void on_end(void *userdata)
{
	struct breakpoints *breakpoints = userdata;

	consoles_say(breakpoints->consoles, "the shell has ended, going on");
}

bool breakpoints_are_wanted(const struct breakpoints *breakpoints, enum breakpoint point)
{
	return breakpoints->wanted & 1u << point;
}

bool breakpoints_pass(struct breakpoints *breakpoints, enum breakpoint point)
{
	const char *name = breakpoint_name(point), *refusal;
	int r;

	if (!breakpoints_are_wanted(breakpoints, point))
		return true;
	if (prompt_is_open(breakpoints->prompt))
		return false;
	breakpoints->wanted &= ~(1u << point);
	refusal = shell_refuse(breakpoints->shell);
	if (refusal) {
		consoles_say(breakpoints->consoles, "not stopping at rd.break=%s: %s", name,
			     refusal);
		return true;
	}
	consoles_say(breakpoints->consoles, "stopping at rd.break=%s; \"exit\" goes on", name);
	r = shell_open(breakpoints->shell, on_end, breakpoints);
	if (r < 0)
		consoles_say(breakpoints->consoles, "cannot open a shell, going on: %s",
			     strerror(-r));
	return r < 0;
}
