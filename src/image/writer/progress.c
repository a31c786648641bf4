/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/writer/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"

#define PATIENCE_USEC (USEC_PER_SEC / 2)
#define INTERVAL_USEC (USEC_PER_SEC / 10)

#define ERASE_LINE "\r\x1b[K"

void progress_begin(struct progress *progress, const char *what, size_t n_steps)
{
	*progress = (struct progress){
		.what = what,
		.n_steps = n_steps,
		.next_usec =
			isatty(STDERR_FILENO) ? clock_now_usec() + PATIENCE_USEC : USEC_INFINITY,
	};
}

void progress_step(struct progress *progress)
{
	uint64_t now_usec;

	progress->n_done++;
	if (progress->next_usec == USEC_INFINITY)
		return;
	now_usec = clock_now_usec();
	if (now_usec < progress->next_usec)
		return;
	(void)fprintf(stderr, ERASE_LINE "%s %zu of %zu", progress->what, progress->n_done,
		      progress->n_steps);
	progress->next_usec = now_usec + INTERVAL_USEC;
	progress->is_shown = true;
}

void progress_end(struct progress *progress)
{
	if (progress->is_shown)
		(void)fputs(ERASE_LINE, stderr);
	progress->is_shown = false;
}
