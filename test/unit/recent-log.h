/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the code under test has told the user, from the log's ring; debug messages are not in it. */

#include <stdbool.h>

/* Counts from here on. */
void recent_log_start(void);

/* The messages since then, a line each; in a static buffer, valid until the next call. */
const char *recent_log(void);

/* Exactly one message, in which @part is; or none at all. */
void expect_message(const char *part);
void expect_no_message(void);
