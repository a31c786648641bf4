/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * No device is opened here: udev has looked at each disk and partition, and the kernel tells what
 * is mounted. Of virtual disks udev leaves out some, so that its silence says nothing of them.
 */
#include "image/host/host-contents.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/host/host-mounts.h"
#include "image/host/host-sysfs.h"
#include "image/host/host-udev.h"

#define VIRTUAL "devices/virtual/block/"

/* udev notes of each partition what it is, and of each disk how it is reached. */
static int has_been_probed(const struct host_reader *reader, const char *path)
{
	static const char *const keys[] = { "ID_PART_ENTRY_TYPE", "ID_PART_TABLE_TYPE", "ID_PATH" };
	int r = 0;

	if (str_after_prefix(path, VIRTUAL))
		return 0;
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(keys); i++) {
		_cleanup_free_ char *value = NULL;

		r = host_udev_get(reader, path, keys[i], &value);
	}
	return r;
}

int host_contents_find(struct host_reader *reader, const char *path, char **ret_type)
{
	int r;

	*ret_type = NULL;
	r = host_udev_get(reader, path, "ID_FS_TYPE", ret_type);
	if (r == 0)
		r = host_mounts_find_type(reader, path, ret_type);
	return r == 0 ? has_been_probed(reader, path) : r;
}

bool host_contents_are_in_memory(const char *path)
{
	const char *name = str_after_prefix(path, VIRTUAL);

	return name && (str_after_prefix(name, "zram") || str_after_prefix(name, "ram"));
}
