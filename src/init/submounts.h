/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct device_spec;
struct fs_mount_context;
struct goal_context;
struct strbuf;
struct submounts;
struct submounts_root;

enum submounts_state {
	SUBMOUNTS_IDLE,
	SUBMOUNTS_READING,  /* the root's fstab */
	SUBMOUNTS_MOUNTING, /* or waiting for devices */
	SUBMOUNTS_DONE,     /* all is mounted that can be */
	SUBMOUNTS_FAILED,
};

/* @spec is waited for from now on, and no device is what it means. */
typedef void (*submounts_missing_cb)(void *userdata, const struct device_spec *spec);

/*
 * What is mounted below the root before the hand-over, because the root's fstab or the command line
 * says so: /usr, and what has x-initrd.mount. The arguments stay referenced. 0 or -ENOMEM.
 */
int submounts_new(const struct goal_context *context, const struct fs_mount_context *mounting,
		  submounts_missing_cb on_missing, void *userdata,
		  struct submounts **ret_submounts);
struct submounts *submounts_free(struct submounts *submounts);

/* The root is mounted: finds out what else there is to be. What @root names stays referenced. */
void submounts_begin(struct submounts *submounts, const struct submounts_root *root);

/* A device was read, again perhaps; or is gone. */
void submounts_device_probed(struct submounts *submounts, const struct blockdev *device);
void submounts_device_removed(struct submounts *submounts, const struct blockdev *device);

/*
 * Mounts what can be mounted. After each batch of events. @is_reading: devices that the kernel has
 * shown are still to be read. @is_quiet: nothing is under way that could still bring a device; what
 * has the option nofail is then waited for no longer.
 */
void submounts_step(struct submounts *submounts, bool is_reading, bool is_quiet);

/*
 * Lets the time run, or stand still, that x-systemd.device-timeout= gives to each device that is
 * awaited; it stands still at first. After each batch of events.
 */
void submounts_let_time_run(struct submounts *submounts, bool is_running);

/* Time is up: what is not there is done without, or all has failed. */
void submounts_give_up(struct submounts *submounts);

/* The machine is about to be rebooted: ends the checks that are running. */
void submounts_abandon(struct submounts *submounts);

enum submounts_state submounts_get_state(const struct submounts *submounts);

/* Whether something is being checked or mounted, or fstab read. */
bool submounts_are_progressing(const struct submounts *submounts);

/* Whether something is being checked. */
bool submounts_are_being_checked(const struct submounts *submounts);

/* Whether what was found for one cannot be taken, and another device probably will not help. */
bool submounts_are_in_doubt(const struct submounts *submounts);

/* Why it failed, a sentence; only in SUBMOUNTS_FAILED. */
const char *submounts_get_reason(const struct submounts *submounts);

/* Appends what is waited for, separated by commas. */
void submounts_describe(const struct submounts *submounts, struct strbuf *buf);
