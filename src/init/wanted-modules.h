/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct boot_config;
struct module_loader;
struct wanted_modules;

/*
 * Modules that somebody names: on the command line, in modules-load.d, or in the plain lists of
 * Debian and tiny-initramfs. What cannot be read or makes no sense has been logged.
 */

/*
 * Leaves word, below @root, of those that no device may bring; for libkmod, here and in whatever
 * the kernel runs. To be called before there is a module loader. 0 or negative errno.
 */
int wanted_modules_forbid(const struct boot_config *config, const char *root);

/*
 * Requests all that @config and the files below @root name, and first of all those that are to come
 * first. 0 or -ENOMEM.
 */
int wanted_modules_new(struct module_loader *loader, const struct boot_config *config,
		       const char *root, struct wanted_modules **ret_wanted);
struct wanted_modules *wanted_modules_free(struct wanted_modules *wanted);

/* Whether none of them is still to be loaded. */
bool wanted_modules_are_settled(const struct wanted_modules *wanted);
