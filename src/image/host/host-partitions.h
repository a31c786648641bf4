/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/host/host-reader.h"

/*
 * The partitions of that GPT type that may be mounted without being asked for, in @ret_paths, paths
 * below /sys as char *, for the caller to free. 1 if udev has left the types of partitions, 0 if
 * not, or -ENOMEM.
 */
int host_partitions_find(struct host_reader *reader, const char *type, struct vec *ret_paths);
