/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One deadline for all. Its clock stands still while a question is open and while something is
 * being done: whoever types slowly has done nothing wrong, nor has a slow disk. But what is done
 * may begin again and again, on a device that comes and goes: so it has a deadline of its own, for
 * all of it together. Only checks of file systems have none, as each is bounded by how long it may
 * be silent. And nobody waits without being told for what.
 */
#include "init/waiting.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/strbuf.h"
#include "init/blockdev.h"
#include "init/console.h"
#include "init/patience.h"
#include "init/prompt.h"
#include "init/resume-goal.h"
#include "init/root-goal.h"
#include "init/root.h"
#include "init/shell.h"
#include "init/submounts.h"
#include "init/unlock.h"

#define FIRST_LINE_USEC             (5 * USEC_PER_SEC)
#define LINE_INTERVAL_USEC          (10 * USEC_PER_SEC)
#define PATIENCE_AFTER_FAILURE_USEC (30 * USEC_PER_SEC)
#define PATIENCE_WITH_WORK_USEC     (60 * 60 * USEC_PER_SEC)

struct waiting {
	struct waiting_parts parts;
	struct patience *patience;
	struct patience *indulgence; /* how long the clock may still stand still for work */
	bool is_indulgent;           /* there is something left of that */
	struct loop_timer *line;
	uint64_t since_usec;
};

/* A question is open, and there is no console yet where it could be answered. */
static bool is_unseen(const struct waiting *waiting)
{
	return prompt_is_open(waiting->parts.prompt) &&
	       consoles_get_awaited(waiting->parts.consoles);
}

/* --- what is said of it --- */

static void describe_awaited(const struct waiting *waiting, struct strbuf *buf)
{
	const struct waiting_parts *parts = &waiting->parts;

	if (is_unseen(waiting)) {
		strbuf_printf(buf, "the console %s, to ask for a passphrase there",
			      consoles_get_awaited(parts->consoles));
		return;
	}
	if (unlock_is_busy(parts->unlock)) {
		unlock_describe_awaited(parts->unlock, buf);
		return;
	}
	resume_goal_describe_awaited(parts->resume_goal, buf);
	if (buf->size > 0 && root_get_state(parts->root) == ROOT_AWAITED)
		strbuf_append(buf, ", ");
	if (root_get_state(parts->root) != ROOT_AWAITED) {
		/* Or it is ready, and waits for what was told already. */
		if (resume_goal_is_settled(parts->resume_goal))
			root_describe(parts->root, buf);
		submounts_describe(parts->submounts, buf);
	} else if (root_goal_exists(parts->root_goal)) {
		root_goal_describe(parts->root_goal, buf);
	} else {
		strbuf_append(buf, "drivers to load");
	}
	unlock_describe_awaited(parts->unlock, buf);
	if (buf->size == 0)
		strbuf_append(buf, "the modules that are asked for by name");
}

static unsigned int count_seconds(const struct waiting *waiting)
{
	return (unsigned int)((clock_now_usec() - waiting->since_usec) / USEC_PER_SEC);
}

void waiting_describe_end(const struct waiting *waiting, struct strbuf *buf)
{
	_cleanup_strbuf_ struct strbuf awaited = { 0 };

	describe_awaited(waiting, &awaited);
	strbuf_printf(buf, "waited %u s for %s", count_seconds(waiting), strbuf_string(&awaited));
}

/* Somebody sits at the console and has the word. */
static bool is_attended(const struct waiting *waiting)
{
	return (prompt_is_open(waiting->parts.prompt) && !is_unseen(waiting)) ||
	       shell_is_open(waiting->parts.shell);
}

static void on_line(void *userdata)
{
	struct waiting *waiting = userdata;
	_cleanup_strbuf_ struct strbuf awaited = { 0 };

	loop_timer_start(waiting->line, LINE_INTERVAL_USEC);
	if (is_attended(waiting))
		return;
	describe_awaited(waiting, &awaited);
	consoles_say(waiting->parts.consoles, "waiting for %s (%u s)", strbuf_string(&awaited),
		     count_seconds(waiting));
}

/* --- how long it lasts --- */

static void on_indulgence_over(void *userdata)
{
	struct waiting *waiting = userdata;

	waiting->is_indulgent = false;
	log_warn("an hour was spent on devices, and nothing has come of it; from now on the time "
		 "of rd.timeout= runs on, whatever they do");
}

int waiting_new(const struct waiting_parts *parts, uint64_t patience_usec, loop_timer_cb on_over,
		void *userdata, struct waiting **ret_waiting)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting));
	int r;

	if (!waiting)
		return -ENOMEM;
	waiting->parts = *parts;
	waiting->since_usec = clock_now_usec();
	waiting->is_indulgent = true;
	r = patience_new(parts->loop, patience_usec, on_over, userdata, &waiting->patience);
	if (r >= 0)
		r = patience_new(parts->loop, PATIENCE_WITH_WORK_USEC, on_indulgence_over, waiting,
				 &waiting->indulgence);
	if (r >= 0)
		r = loop_timer_new(parts->loop, on_line, waiting, &waiting->line);
	if (r < 0) {
		(void)waiting_free(waiting);
		return r;
	}
	*ret_waiting = waiting;
	return 0;
}

struct waiting *waiting_free(struct waiting *waiting)
{
	if (waiting) {
		waiting->line = loop_timer_free(waiting->line);
		waiting->indulgence = patience_free(waiting->indulgence);
		waiting->patience = patience_free(waiting->patience);
		free(waiting);
	}
	return NULL;
}

void waiting_begin(struct waiting *waiting)
{
	waiting->since_usec = clock_now_usec();
	loop_timer_start(waiting->line, FIRST_LINE_USEC);
}

void waiting_renew(struct waiting *waiting, uint64_t patience_usec)
{
	patience_renew(waiting->patience, patience_usec);
}

void waiting_renew_after_failure(struct waiting *waiting, uint64_t patience_usec)
{
	patience_renew(waiting->patience, MIN(patience_usec, PATIENCE_AFTER_FAILURE_USEC));
}

/* The deadline's clock, and those of devices that have a time of their own. */
static void set_clocks(struct waiting *waiting, bool are_running)
{
	patience_set_running(waiting->patience, are_running);
	unlock_let_time_run(waiting->parts.unlock, are_running);
	submounts_let_time_run(waiting->parts.submounts, are_running);
}

void waiting_end(struct waiting *waiting)
{
	set_clocks(waiting, false);
	patience_set_running(waiting->indulgence, false);
	loop_timer_stop(waiting->line);
}

/* As long as it takes: whoever is asked has the time, and a check may take hours. */
static bool is_unbounded(const struct waiting *waiting)
{
	return is_attended(waiting) || root_is_being_checked(waiting->parts.root) ||
	       submounts_are_being_checked(waiting->parts.submounts);
}

/* Each of these comes to an end by itself. */
static bool is_working(const struct waiting *waiting)
{
	const struct waiting_parts *parts = &waiting->parts;
	enum root_state root = root_get_state(parts->root);

	return blockdevs_have_news(parts->devices) || unlock_is_busy(parts->unlock) ||
	       resume_goal_is_busy(parts->resume_goal) || root == ROOT_MOUNTING ||
	       root == ROOT_SEARCHED || submounts_are_progressing(parts->submounts);
}

bool waiting_has_progress(const struct waiting *waiting)
{
	return is_unbounded(waiting) || (waiting->is_indulgent && is_working(waiting));
}

void waiting_step(struct waiting *waiting)
{
	const struct waiting_parts *parts = &waiting->parts;
	bool has_progress = waiting_has_progress(waiting);

	/* Nobody waits for us: what comes after that is told from its own start. */
	if (is_attended(waiting))
		waiting_begin(waiting);
	/* What is awaited probably was seen, and is of no use; but another disk may be slow. */
	if (unlock_has_failed(parts->unlock, NULL) || root_goal_is_in_doubt(parts->root_goal) ||
	    submounts_are_in_doubt(parts->submounts))
		patience_limit(waiting->patience, PATIENCE_AFTER_FAILURE_USEC);
	patience_set_running(waiting->indulgence, has_progress && !is_unbounded(waiting));
	set_clocks(waiting, !has_progress);
}
