/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A line on standard error that says how far something is, if that is a terminal and it takes more
 * than half a second.
 */
struct progress {
	const char *what; /* "packing" */
	size_t n_steps, n_done;
	uint64_t next_usec; /* when the line is to be shown next; USEC_INFINITY for never */
	bool is_shown;
};

void progress_begin(struct progress *progress, const char *what, size_t n_steps);
void progress_step(struct progress *progress);

/* Takes the line away. */
void progress_end(struct progress *progress);
