/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/macro.h"
#include "image/host/host-reader.h"

/*
 * Adds a need. One of that kind and name that is there already keeps its phrase, and becomes
 * essential if either is. @device is the path of a device below /sys, or NULL. 0 or -ENOMEM.
 */
int host_add_need(struct host *host, enum host_need_kind kind, const char *name, const char *device,
		  bool is_essential, const char *why_format, ...) _printf_(6, 7);

/* Adds a layer between the goal and the hardware. 0 or -ENOMEM. */
int host_add_layer(struct host *host, const struct host_goal *goal, enum host_layer_kind kind,
		   const char *name, const char *path);

/*
 * Adds an encrypted volume, once; it becomes essential if either is. @uuid and @device may be NULL.
 * 0 or -ENOMEM.
 */
int host_add_volume(struct host *host, const struct host_goal *goal, const char *name,
		    const char *uuid, const char *device);

/* The volume of that name, or NULL. */
struct host_volume *host_get_volume(const struct host *host, const char *name);

/* Adds a sentence, once. 0 or -ENOMEM. */
int host_add_note(struct host *host, const char *format, ...) _printf_(2, 3);
int host_add_warning(struct host *host, const char *format, ...) _printf_(2, 3);

/* The same: a gap if that is essential, else a note. */
int host_add_gap(struct host *host, bool is_essential, const char *format, ...) _printf_(3, 4);

/*
 * Adds that @what, a noun, is on the device @spec, as @witness says, which the machine does not
 * have; unless there is no /sys to tell. 0 or -ENOMEM.
 */
int host_add_absence(struct host *host, const char *what, const char *spec, const char *witness);
