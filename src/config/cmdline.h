/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "config/device-spec.h"

/* A LUKS volume that the command line names. */
struct luks_config {
	char *uuid; /* without "luks-" */
	char *name; /* of the mapping */
};

/* What the command line asks for, with the defaults where it is silent. */
struct boot_config {
	struct device_spec root; /* DEVICE_SPEC_NONE if not given */
	char *rootfstype;        /* NULL if not given */
	char *rootflags;         /* NULL if not given */
	bool root_writable;
	char *init;            /* NULL if not given */
	uint64_t timeout_usec; /* USEC_INFINITY: wait for ever */
	bool luks_enabled;
	struct vec luks; /* of struct luks_config */
	int panic_sec;   /* 0 if not given */
	bool debug;
	struct vec warnings; /* of char *: what could not be understood, one sentence each */
};

/*
 * Parses the kernel's command line as the kernel does (Documentation/admin-guide/
 * kernel-parameters.rst): words are separated by white space, double quotes protect it and are
 * removed, '-' equals '_' in keys, and what follows "--" is for the real init. Of single values
 * the last wins. What cannot be understood becomes a warning and changes nothing else.
 * 0 or -ENOMEM; in both cases the caller ends with boot_config_done().
 */
int cmdline_parse(const char *text, struct boot_config *ret_config);

void boot_config_done(struct boot_config *config);

/* The table of known keys, for --help and the manual page. */
struct cmdline_key {
	const char *key, *form, *meaning;
};

extern const struct cmdline_key cmdline_keys[];
extern const unsigned int n_cmdline_keys;
