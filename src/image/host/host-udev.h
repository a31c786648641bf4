/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * What udev has found out about the block device @path: the value of its property @key,
 * "ID_FS_TYPE", for the caller to free. 1, 0 if udev does not say, or -ENOMEM.
 */
int host_udev_get(const struct host_reader *reader, const char *path, const char *key,
		  char **ret_value);
