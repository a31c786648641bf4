/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices are told of twice: by the kernel's events, and by a walk through sysfs for those that
 * were there before anybody listened. Events come first, so that none falls in between. Where the
 * kernel had to drop some, the walk is made again, and what was known before is looked at anew.
 */
#include "init/discovery.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "init/blockdev.h"
#include "init/coldplug.h"
#include "init/console.h"
#include "init/module-loader.h"
#include "init/root-goal.h"
#include "init/trace.h"
#include "init/uevent.h"
#include "init/unlock.h"
#include "init/vt-setup.h"

struct discovery {
	struct discovery_parts parts;
	struct uevent_monitor *uevents;
	struct coldplug *coldplug;
	bool is_telling;
	bool resyncing;  /* coldplug is walking because events were lost */
	bool walk_again; /* and more were lost meanwhile */
};

/* What tokens of LUKS volumes are in: a TPM, or what is plugged in. */
static bool is_of_tokens(const char *class_name)
{
	return str_equal(class_name, "tpmrm") || str_equal(class_name, "hidraw");
}

/* --- the kernel's events --- */

static void on_block_event(struct discovery *discovery, const struct uevent *event)
{
	const char *sysname = str_basename(event->devpath);

	if (str_equal(event->action, "add"))
		blockdevs_add(discovery->parts.devices, sysname);
	else if (str_equal(event->action, "change"))
		blockdevs_change(discovery->parts.devices, sysname);
	else if (str_equal(event->action, "remove"))
		blockdevs_remove(discovery->parts.devices, sysname);
}

static void on_uevent(void *userdata, const struct uevent *event)
{
	struct discovery *discovery = userdata;

	log_debug("uevent: %s %s", event->action, event->devpath);
	if (str_equal(event->subsystem, "tty") && str_equal(event->action, "add"))
		consoles_look_again(discovery->parts.consoles);
	if (!discovery->is_telling)
		return;
	if (*event->modalias && !str_equal(event->action, "remove"))
		module_loader_request(discovery->parts.modules, event->modalias);
	if (str_equal(event->subsystem, "block"))
		on_block_event(discovery, event);
	else if (str_equal(event->subsystem, "vtconsole") && str_equal(event->action, "add"))
		vt_setup_screen_again(discovery->parts.terminals);
	else if (is_of_tokens(event->subsystem) && str_equal(event->action, "add"))
		unlock_hardware_came(discovery->parts.unlock);
	if (str_equal(event->subsystem, "virtio") && str_equal(event->action, "bind"))
		root_goal_tag_may_be_there(discovery->parts.root_goal);
}

static void on_uevents_lost(void *userdata)
{
	struct discovery *discovery = userdata;

	consoles_look_again(discovery->parts.consoles);
	if (!discovery->is_telling)
		return;
	/* A walk that is under way may have passed by what was lost. */
	discovery->walk_again = coldplug_is_running(discovery->coldplug);
	discovery->resyncing = true;
	vt_setup_screen_again(discovery->parts.terminals);
	if (!discovery->walk_again)
		coldplug_start(discovery->coldplug);
}

/* --- the walk --- */

static void on_walk_modalias(void *userdata, const char *modalias)
{
	struct discovery *discovery = userdata;

	module_loader_request(discovery->parts.modules, modalias);
}

static void on_walk_device(void *userdata, const char *class_name, const char *name)
{
	struct discovery *discovery = userdata;

	if (is_of_tokens(class_name))
		unlock_hardware_came(discovery->parts.unlock);
	if (!str_equal(class_name, "block"))
		return;
	/* What changed while events were lost is only seen by looking inside again. */
	if (discovery->resyncing)
		blockdevs_change(discovery->parts.devices, name);
	else
		blockdevs_add(discovery->parts.devices, name);
}

static void on_walk_done(void *userdata)
{
	struct discovery *discovery = userdata;

	trace_event("coldplug-done", NULL);
	if (discovery->walk_again) {
		discovery->walk_again = false;
		coldplug_start(discovery->coldplug);
		return;
	}
	if (discovery->resyncing)
		blockdevs_reconcile(discovery->parts.devices);
	discovery->resyncing = false;
	root_goal_tag_may_be_there(discovery->parts.root_goal);
}

/* --- construction --- */

int discovery_new(const struct discovery_parts *parts, struct discovery **ret_discovery)
{
	static const struct coldplug_ops ops = {
		.on_modalias = on_walk_modalias,
		.on_device = on_walk_device,
		.on_done = on_walk_done,
	};
	struct discovery *discovery = calloc(1, sizeof(*discovery));
	int r;

	if (!discovery)
		return -ENOMEM;
	discovery->parts = *parts;
	r = uevent_monitor_new(parts->loop, on_uevent, on_uevents_lost, discovery,
			       &discovery->uevents);
	if (r >= 0)
		r = coldplug_new(parts->loop, parts->sysfs, &ops, discovery, &discovery->coldplug);
	if (r < 0) {
		(void)discovery_free(discovery);
		return r;
	}
	*ret_discovery = discovery;
	return 0;
}

struct discovery *discovery_free(struct discovery *discovery)
{
	if (discovery) {
		discovery->coldplug = coldplug_free(discovery->coldplug);
		discovery->uevents = uevent_monitor_free(discovery->uevents);
		free(discovery);
	}
	return NULL;
}

void discovery_begin(struct discovery *discovery)
{
	discovery->is_telling = true;
	coldplug_start(discovery->coldplug);
}

void discovery_end(struct discovery *discovery)
{
	discovery->is_telling = false;
}

bool discovery_is_walking(const struct discovery *discovery)
{
	return coldplug_is_running(discovery->coldplug);
}
