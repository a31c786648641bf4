/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/host/host-served.h"

#include <stddef.h>

#include "base/macro.h"

static const char *const unserved[] = {
	[HOST_LAYER_CRYPT] = "an encrypted volume without a LUKS header",
	[HOST_LAYER_LVM] = "a logical volume of LVM",
	[HOST_LAYER_MULTIPATH] = "a multipath device",
	[HOST_LAYER_MAPPING] = "a volume that device-mapper has made of others",
	[HOST_LAYER_MD] = "an MD array",
	[HOST_LAYER_BCACHE] = "a cached disk (bcache)",
	[HOST_LAYER_LOOP] = "a disk in a file",
	[HOST_LAYER_SEVERAL] = "a file system of several devices",
	[HOST_LAYER_ZFS] = "a data set of ZFS",
	[HOST_LAYER_NETWORK] = "something on the network",
};

const char *host_layer_refuse(enum host_layer_kind kind)
{
	return kind < ARRAY_SIZE(unserved) ? unserved[kind] : NULL;
}
