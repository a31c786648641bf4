/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct loop;
struct uevent_monitor;

/* One message of the kernel's. All strings point into the message; "" where it said nothing. */
struct uevent {
	const char *action;  /* add, remove, change, move, bind, unbind, online, offline */
	const char *devpath; /* below /sys, begins with a slash */
	const char *subsystem;
	const char *devname; /* below /dev */
	const char *modalias;
};

/*
 * Parses the kernel's format (lib/kobject_uevent.c): "action@devpath" and KEY=value strings, each
 * terminated. @message is @size bytes and stays referenced. 0, or -EBADMSG for anything else,
 * messages of udevd's own format included.
 */
int uevent_parse(const char *message, size_t size, struct uevent *ret_event);

/* Valid during the call. */
typedef void (*uevent_cb)(void *userdata, const struct uevent *event);

/* The kernel dropped messages because we were slow: only a walk through sysfs helps. */
typedef void (*uevent_overrun_cb)(void *userdata);

/* Listens to the kernel's uevents, and to nobody else's. 0 or negative errno. */
int uevent_monitor_new(struct loop *loop, uevent_cb on_event, uevent_overrun_cb on_overrun,
		       void *userdata, struct uevent_monitor **ret_monitor);
struct uevent_monitor *uevent_monitor_free(struct uevent_monitor *monitor);
