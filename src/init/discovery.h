/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdevs;
struct consoles;
struct discovery;
struct loop;
struct module_loader;
struct root_goal;
struct unlock;
struct vt_setup;

/* Who is told of devices; all stay referenced. */
struct discovery_parts {
	struct loop *loop;
	const char *sysfs; /* where it is mounted */
	struct module_loader *modules;
	struct blockdevs *devices;
	struct consoles *consoles;
	struct vt_setup *terminals;
	struct unlock *unlock;
	struct root_goal *root_goal;
};

/*
 * What there is of devices, and what comes and goes: drivers are asked for, block devices go to the
 * registry. The kernel's events are listened to from here on. 0 or negative errno.
 */
int discovery_new(const struct discovery_parts *parts, struct discovery **ret_discovery);
struct discovery *discovery_free(struct discovery *discovery);

/* Begins with the devices that are there; what came before this call is found as well. */
void discovery_begin(struct discovery *discovery);

/* From now on nobody is told of what comes. */
void discovery_end(struct discovery *discovery);

/* Whether devices that are there may not have been told yet. */
bool discovery_is_walking(const struct discovery *discovery);
