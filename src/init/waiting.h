/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "init/loop.h"

struct blockdevs;
struct consoles;
struct prompt;
struct resume_goal;
struct root;
struct root_goal;
struct shell;
struct strbuf;
struct submounts;
struct unlock;
struct waiting;

/* Who may be waited for, and who is told; all stay referenced. */
struct waiting_parts {
	struct loop *loop;
	struct consoles *consoles;
	struct prompt *prompt;
	struct shell *shell;
	struct blockdevs *devices;
	struct unlock *unlock;
	struct resume_goal *resume_goal;
	struct root *root;
	struct root_goal *root_goal;
	struct submounts *submounts;
};

/*
 * The wait of a boot: its one deadline, after @patience_usec of nothing but waiting, which may be
 * USEC_INFINITY; and the lines that say meanwhile what is awaited. @on_over is called as that of
 * init/patience.h. 0 or -ENOMEM.
 */
int waiting_new(const struct waiting_parts *parts, uint64_t patience_usec, loop_timer_cb on_over,
		void *userdata, struct waiting **ret_waiting);
struct waiting *waiting_free(struct waiting *waiting);

/* From now on devices are looked for. */
void waiting_begin(struct waiting *waiting);

/* Lets the clock run or stand still, as things are. After each batch of events. */
void waiting_step(struct waiting *waiting);

/* The deadline is @patience_usec from now on. */
void waiting_renew(struct waiting *waiting, uint64_t patience_usec);

/*
 * Something did not work, and what is awaited now should be there already: as waiting_renew(), but
 * for half a minute at most.
 */
void waiting_renew_after_failure(struct waiting *waiting, uint64_t patience_usec);

/* Nothing is awaited any more: no deadline, no lines. */
void waiting_end(struct waiting *waiting);

/* Whether something is done that the deadline's clock stands still for. */
bool waiting_has_progress(const struct waiting *waiting);

/* Appends what has been awaited in vain, and for how long: "waited 180 s for the root device …". */
void waiting_describe_end(const struct waiting *waiting, struct strbuf *buf);
