/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * When what happened, for whoever wants to know why a boot took as long as it did. Times are
 * microseconds of CLOCK_BOOTTIME. There is one trace a process, as there is one log. It is
 * bounded: of very many events only the first ones are kept, and the last.
 */

/* Notes that @phase happened now; @name tells which module or device, or is NULL. */
void trace_event(const char *phase, const char *name);

/* As trace_event, for something that began at @started_usec and has a result (0 or -errno). */
void trace_span(const char *phase, const char *name, uint64_t started_usec, int result);

/*
 * The trace as one JSON document: {"clock": …, "events": [{"usec": …, "phase": …}, …]}, with
 * "name", "took_usec" and "result" where they apply. The caller frees it; NULL without memory.
 */
char *trace_to_json(void);
