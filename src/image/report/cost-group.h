/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/reader/contents.h"

/* What the files of an image are, for whoever wonders what it is so large for. */
enum cost_group {
	COST_MODULES,
	COST_FIRMWARE,
	COST_LIBRARIES,
	COST_PROGRAMS,
	COST_INDEXES,
	COST_OTHER,
	COST_GROUP_COUNT,
};

/* The group of a regular file. */
enum cost_group cost_group_of(const struct contents_entry *entry);

/* Whether a file at @path is a shared library, going by its name. */
bool cost_is_library(const char *path);

/* As in "kernel modules". */
const char *cost_group_name(enum cost_group group);

/*
 * The part of a module's path that tells its class, "drivers/scsi" or "fs", within @path; its
 * length in @ret_size, as it is not terminated.
 */
const char *cost_module_class(const char *path, size_t *ret_size);
