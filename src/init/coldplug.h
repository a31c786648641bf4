/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct coldplug;
struct loop;

struct coldplug_ops {
	/* A device on some bus says what it is. */
	void (*on_modalias)(void *userdata, const char *modalias);
	/* A device of one of the classes that matter early; @name is that of its directory. */
	void (*on_device)(void *userdata, const char *class_name, const char *name);
	/* The walk is over: what is there now has been reported. */
	void (*on_done)(void *userdata);
};

/*
 * Walks sysfs, mounted at @sysfs, for the devices that were there before anybody listened, and
 * reports them as if they had just come. @ops stays referenced. 0 or -ENOMEM.
 */
int coldplug_new(struct loop *loop, const char *sysfs, const struct coldplug_ops *ops,
		 void *userdata, struct coldplug **ret_coldplug);
struct coldplug *coldplug_free(struct coldplug *coldplug);

/* Begins a walk, in slices between other events. A walk that is under way begins again. */
void coldplug_start(struct coldplug *coldplug);

bool coldplug_is_running(const struct coldplug *coldplug);
