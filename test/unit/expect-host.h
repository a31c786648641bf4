/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What tests of host_read() say of what it found on the made-up machine of fake-machine.h. */

#include <stdbool.h>

#include "image/host/host.h"

/* Reads the made-up machine; that this fails, fails the test. For host_done(). */
void read_machine(struct host *ret_host);

/* The need, once, with that much weight; its phrase is @why unless that is NULL. */
void expect_need(const struct host *host, enum host_need_kind kind, const char *name,
		 bool is_essential, const char *why);
void expect_no_need(const struct host *host, enum host_need_kind kind, const char *name);

/* Exactly one note, which has @part in it; or one gap, and no note; or neither of both. */
void expect_note(const struct host *host, const char *part);
void expect_gap(const struct host *host, const char *part);
void expect_no_note(const struct host *host);

/* That @goal, which is essential, is on a device of that kind and name. */
void expect_layer(const struct host *host, enum host_layer_kind kind, const char *goal,
		  const char *name);
