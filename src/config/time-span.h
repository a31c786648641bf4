/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * A length of time as systemd.time(7) writes it: "90", "90s", "1min 30s", "1.5h", "500ms". A number
 * without a unit is seconds; "infinity" is USEC_INFINITY. 0, -EINVAL, or -ERANGE if it is more
 * microseconds than fit.
 */
int time_span_parse(const char *text, uint64_t *ret_usec);

/* The same for how long something is waited for, where 0 is no end as well: USEC_INFINITY. */
int time_span_parse_timeout(const char *text, uint64_t *ret_usec);
