/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/breakpoint.h"
#include "config/device-spec.h"
#include "config/luks-config.h"
#include "config/vconsole.h"

/* What to do where several devices are what root= means. */
enum root_duplicates {
	ROOT_DUPLICATES_REFUSE,
	ROOT_DUPLICATES_BOOT_DISK, /* take the one on the disk that was booted from */
};

enum fsck_mode {
	FSCK_MODE_AUTO,
	FSCK_MODE_FORCE,
	FSCK_MODE_SKIP,
};

enum fsck_repair {
	FSCK_REPAIR_PREEN,
	FSCK_REPAIR_YES,
	FSCK_REPAIR_NO,
};

enum emergency_action {
	EMERGENCY_ACTION_REBOOT,
	EMERGENCY_ACTION_POWEROFF,
	EMERGENCY_ACTION_HALT,
};

/* What the command line asks for, with the defaults where it is silent. */
struct boot_config {
	bool root_is_given;      /* false: what the partition types say */
	struct device_spec root; /* DEVICE_SPEC_NONE if not given, or if nobody understands it */
	struct device_spec root_fallback; /* DEVICE_SPEC_NONE if not given */
	enum root_duplicates root_duplicates;
	char *rootfstype; /* NULL if not given */
	char *rootflags;  /* NULL if not given */
	bool root_writable;
	char *init;            /* NULL if not given */
	uint64_t timeout_usec; /* of the wait for the root; USEC_INFINITY: for ever */

	bool usr_is_given;          /* false: what the root's fstab says */
	struct device_spec usr;     /* DEVICE_SPEC_NONE if not given, or if nobody understands it */
	char *usrfstype, *usrflags; /* NULL if not given: those of the root */
	bool fstab_enabled;         /* whether the root's fstab counts */
	enum fsck_mode fsck_mode;   /* of the root and /usr */
	enum fsck_repair fsck_repair; /* of the root and /usr */

	bool resume_enabled;
	struct device_spec resume; /* DEVICE_SPEC_NONE if not given */
	uint64_t resume_offset_pages;

	/* Names of kernel modules, in their order: char *, as they were written. */
	struct vec modules, modules_first, modules_blacklist;
	struct vec blacklist_keys; /* char *: by which key each of modules_blacklist is forbidden */

	struct luks_config luks;
	struct vconsole vconsole;
	char *console; /* the last that is named, "ttyS0"; NULL if none is */

	unsigned int breakpoints; /* 1u << enum breakpoint each, where a shell is wanted */
	bool shell_enabled;       /* false: never, also if the image allows one */
	enum emergency_action emergency_action;
	int panic_sec; /* 0 if not given */
	bool debug;

	struct vec init_arguments; /* char *: for the real init, as the kernel would give them */
	struct vec warnings;       /* see config/warnings.h */
};

/*
 * Parses the command line as the kernel does (see config/cmdline-words.h): '-' equals '_' in keys,
 * and what follows "--" is for the real init. Each line is one source, which neither a quote nor
 * "--" outlasts; later ones have the last word. Of single values the last wins, and two of one line
 * that contradict each other are told; others add up. What cannot be understood becomes a warning
 * and changes nothing else, and so do, all in one, the rd.* words that nobody here knows. 0 or
 * -ENOMEM; in both cases the caller ends with boot_config_done().
 */
int cmdline_parse(const char *text, struct boot_config *ret_config);

void boot_config_done(struct boot_config *config);
