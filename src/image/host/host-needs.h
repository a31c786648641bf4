/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "image/host/host.h"

/*
 * Adds a need. One of that kind and name that is there already keeps its phrase, and becomes
 * essential if either is. @device is the path of a device below /sys, or NULL. 0 or -ENOMEM.
 */
int host_add_need(struct host *host, enum host_need_kind kind, const char *name, const char *device,
		  bool is_essential, const char *why_format, ...) _printf_(6, 7);

/* Adds a sentence, once. 0 or -ENOMEM. */
int host_add_note(struct host *host, const char *format, ...) _printf_(2, 3);
