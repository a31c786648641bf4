/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdevs;
struct boot_config;
struct device_spec;
struct fs_mount_context;
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

struct submounts_ops {
	/* From now on the device is waited for. */
	void (*on_wanted)(void *userdata, const struct device_spec *spec);
	/* Whether that is of no use. */
	bool (*cannot_come)(void *userdata, const struct device_spec *spec);
};

/*
 * What is mounted below the root before the hand-over, because the root's fstab or the command line
 * says so: /usr, and what has x-initrd.mount. The arguments stay referenced. 0 or -ENOMEM.
 */
int submounts_new(const struct fs_mount_context *context, struct blockdevs *devices,
		  const struct boot_config *config, const struct submounts_ops *ops, void *userdata,
		  struct submounts **ret_submounts);
struct submounts *submounts_free(struct submounts *submounts);

/* The root is mounted: finds out what else there is to be. What @root names stays referenced. */
void submounts_begin(struct submounts *submounts, const struct submounts_root *root);

/*
 * Mounts what can be mounted. After each batch of events. @is_quiet says that nothing is under way
 * that could still bring a device; what has the option nofail is then waited for no longer.
 */
void submounts_step(struct submounts *submounts, bool is_quiet);

/* Time is up: what is not there is done without, or all has failed. */
void submounts_give_up(struct submounts *submounts);

/* The machine is about to be rebooted: ends the checks that are running. */
void submounts_abandon(struct submounts *submounts);

enum submounts_state submounts_get_state(const struct submounts *submounts);

/* Whether something is being checked or mounted, which takes as long as it takes. */
bool submounts_are_progressing(const struct submounts *submounts);

/* Why it failed, a sentence; only in SUBMOUNTS_FAILED. */
const char *submounts_get_reason(const struct submounts *submounts);

/* Appends what is waited for, separated by commas. */
void submounts_describe(const struct submounts *submounts, struct strbuf *buf);
