/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over sysfs, in the order of what boot needs: disks that are there, then the buses that
 * disks hang on, then every other bus, then the remaining classes. /sys/bus/X/devices is flat, so
 * nothing has to descend the device tree; a bus that appears later, when its module loads, sends
 * its own uevents.
 *
 * A slice handles a bounded number of devices and then lets other events in.
 */
#include "init/coldplug.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/vec.h"
#include "init/loop.h"

#define DEVICES_PER_SLICE 64
#define MODALIAS_SIZE_MAX 2048 /* a uevent's variables together have no more */

static const char *const first_classes[] = { "block" };
static const char *const storage_buses[] = { "pci", "virtio", "nvme", "scsi", "usb", "ata", "mmc" };
static const char *const last_classes[] = { "input", "hidraw", "tpmrm", "net" };

/* One directory of devices to visit. */
struct stop {
	char *path;             /* relative to sysfs */
	const char *class_name; /* NULL: a bus */
};

struct coldplug {
	struct loop_timer *next_slice;
	char *sysfs;
	const struct coldplug_ops *ops;
	void *userdata;
	struct vec stops; /* of struct stop */
	size_t n_visited;
	DIR *devices; /* of the stop being visited */
	bool running;
};

static void free_stop(void *item)
{
	struct stop *stop = item;

	free(stop->path);
	free(stop);
}

/* @class_name is a literal, or NULL. */
static int _printf_(3, 4)
	add_stop(struct coldplug *coldplug, const char *class_name, const char *path, ...)
{
	struct stop *stop = calloc(1, sizeof(*stop));
	va_list args;
	int r;

	if (!stop)
		return -ENOMEM;
	stop->class_name = class_name;
	va_start(args, path);
	r = vasprintf(&stop->path, path, args);
	va_end(args);
	if (r < 0)
		stop->path = NULL;
	if (r < 0 || vec_push(&coldplug->stops, stop) < 0) {
		free_stop(stop);
		return -ENOMEM;
	}
	return 0;
}

static int add_class(struct coldplug *coldplug, const char *class_name)
{
	return add_stop(coldplug, class_name, "class/%s", class_name);
}

static int add_bus(struct coldplug *coldplug, const char *bus)
{
	return add_stop(coldplug, NULL, "bus/%s/devices", bus);
}

static bool is_storage_bus(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(storage_buses); i++)
		if (str_equal(name, storage_buses[i]))
			return true;
	return false;
}

static DIR *open_below(const struct coldplug *coldplug, const char *path)
{
	char full[PATH_MAX];

	if (snprintf(full, sizeof(full), "%s/%s", coldplug->sysfs, path) >= (int)sizeof(full))
		return NULL;
	return opendir(full);
}

static int plan_other_buses(struct coldplug *coldplug)
{
	_cleanup_closedir_ DIR *buses = open_below(coldplug, "bus");
	const struct dirent *entry;
	int r = 0;

	if (!buses)
		return log_warn_errno(-errno,
				      "cannot list the buses in %s, waiting for events only",
				      coldplug->sysfs);
	while (r >= 0 && (entry = readdir(buses)))
		if (entry->d_name[0] != '.' && !is_storage_bus(entry->d_name))
			r = add_bus(coldplug, entry->d_name);
	return r;
}

static int plan_stops(struct coldplug *coldplug)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(first_classes) && r >= 0; i++)
		r = add_class(coldplug, first_classes[i]);
	for (size_t i = 0; i < ARRAY_SIZE(storage_buses) && r >= 0; i++)
		r = add_bus(coldplug, storage_buses[i]);
	if (r >= 0)
		r = plan_other_buses(coldplug);
	for (size_t i = 0; i < ARRAY_SIZE(last_classes) && r >= 0; i++)
		r = add_class(coldplug, last_classes[i]);
	return r;
}

/* Reports the device @name of the directory being visited. */
static void visit_device(struct coldplug *coldplug, const struct stop *stop, const char *name)
{
	char path[NAME_MAX + 16], modalias[MODALIAS_SIZE_MAX];

	if (stop->class_name)
		coldplug->ops->on_device(coldplug->userdata, stop->class_name, name);

	/* Most devices have none, and one may vanish while we look: both are nothing to report. */
	(void)snprintf(path, sizeof(path), "%s/modalias", name);
	if (file_read_attribute(dirfd(coldplug->devices), path, modalias, sizeof(modalias)) > 0)
		coldplug->ops->on_modalias(coldplug->userdata, modalias);
}

/* The next device's name, opening the next directory when one is finished; NULL at the end. */
static const char *next_device(struct coldplug *coldplug, const struct stop **ret_stop)
{
	for (;;) {
		const struct stop *stop;
		const struct dirent *entry;

		if (coldplug->n_visited == coldplug->stops.n_items)
			return NULL;
		stop = coldplug->stops.items[coldplug->n_visited];
		if (!coldplug->devices)
			coldplug->devices = open_below(coldplug, stop->path);
		while (coldplug->devices && (entry = readdir(coldplug->devices))) {
			if (entry->d_name[0] == '.')
				continue;
			*ret_stop = stop;
			return entry->d_name;
		}
		if (coldplug->devices)
			(void)closedir(coldplug->devices);
		coldplug->devices = NULL;
		coldplug->n_visited++;
	}
}

static void forget_walk(struct coldplug *coldplug)
{
	if (coldplug->devices)
		(void)closedir(coldplug->devices);
	coldplug->devices = NULL;
	coldplug->n_visited = 0;
	vec_done(&coldplug->stops, free_stop);
}

static void on_slice(void *userdata)
{
	struct coldplug *coldplug = userdata;

	for (unsigned int i = 0; i < DEVICES_PER_SLICE; i++) {
		const struct stop *stop;
		const char *name = next_device(coldplug, &stop);

		if (!name) {
			forget_walk(coldplug);
			coldplug->running = false;
			coldplug->ops->on_done(coldplug->userdata);
			return;
		}
		visit_device(coldplug, stop, name);
	}
	loop_timer_start(coldplug->next_slice, 0);
}

int coldplug_new(struct loop *loop, const char *sysfs, const struct coldplug_ops *ops,
		 void *userdata, struct coldplug **ret_coldplug)
{
	struct coldplug *coldplug = calloc(1, sizeof(*coldplug));
	int r;

	if (!coldplug)
		return -ENOMEM;
	coldplug->ops = ops;
	coldplug->userdata = userdata;
	coldplug->sysfs = strdup(sysfs);
	r = coldplug->sysfs ? loop_timer_new(loop, on_slice, coldplug, &coldplug->next_slice)
			    : -ENOMEM;
	if (r < 0) {
		coldplug_free(coldplug);
		return r;
	}
	*ret_coldplug = coldplug;
	return 0;
}

struct coldplug *coldplug_free(struct coldplug *coldplug)
{
	if (coldplug) {
		coldplug->next_slice = loop_timer_free(coldplug->next_slice);
		forget_walk(coldplug);
		free(coldplug->sysfs);
		free(coldplug);
	}
	return NULL;
}

void coldplug_start(struct coldplug *coldplug)
{
	forget_walk(coldplug);
	/* A plan that is short for lack of memory is still worth walking. */
	(void)plan_stops(coldplug);
	coldplug->running = true;
	loop_timer_start(coldplug->next_slice, 0);
}

bool coldplug_is_running(const struct coldplug *coldplug)
{
	return coldplug->running;
}
