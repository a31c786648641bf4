/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/match.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "config/device-spec.h"
#include "init/blockdev.h"

const struct superblock *match_superblock(const struct blockdev *device, const char *types)
{
	const struct superblock *chosen = NULL;

	if (device->n_superblocks == 1)
		return &device->superblocks[0];
	if (!types)
		return NULL;
	for (unsigned int i = 0; i < device->n_superblocks; i++) {
		if (!str_list_has(types, device->superblocks[i].type))
			continue;
		if (chosen)
			return NULL;
		chosen = &device->superblocks[i];
	}
	return chosen;
}

/* The partition that one is counted from, and the one that it may lead to. */
struct offset {
	const struct device_spec *spec;
	const struct blockdev *device;
	bool leads_there;
};

static void follow_offset(void *userdata, struct blockdev *origin)
{
	struct offset *offset = userdata;
	const struct blockdev *device = offset->device;

	if (strcasecmp(origin->partuuid, offset->spec->value) == 0 && device->partition_number &&
	    origin->partition_disk == device->partition_disk)
		offset->leads_there |=
			(long)device->partition_number ==
			(long)origin->partition_number + offset->spec->partition_offset;
}

static bool match_partuuid(const struct blockdev *device, const struct device_spec *spec)
{
	struct offset offset = { .spec = spec, .device = device };

	if (spec->partition_offset == 0)
		return strcasecmp(device->partuuid, spec->value) == 0;
	blockdevs_for_each(device->owner, follow_offset, &offset);
	return offset.leads_there;
}

/* LVM calls the mapping of /dev/VG/LV VG-LV, with the dashes in either name doubled. */
static bool is_logical_volume(const char *mapping, const char *node)
{
	for (; *node; node++) {
		if (*mapping++ != (*node == '/' ? '-' : *node))
			return false;
		if (*node == '-' && *mapping++ != '-')
			return false;
	}
	return !*mapping;
}

static bool match_node(const struct blockdev *device, const char *node)
{
	if (str_equal(device->node + strlen("/dev/"), node))
		return true;
	return device->dm_name && strchr(node, '/') && is_logical_volume(device->dm_name, node);
}

bool match_device(const struct blockdev *device, const struct device_spec *spec, const char *types)
{
	const struct superblock *superblock = match_superblock(device, types);

	switch (spec->kind) {
	case DEVICE_SPEC_NONE:
		return false;
	case DEVICE_SPEC_NODE:
		return match_node(device, spec->value);
	case DEVICE_SPEC_MAPPER:
		return device->dm_name && str_equal(device->dm_name, spec->value);
	case DEVICE_SPEC_NUMBER:
		return device->devnum == spec->devnum;
	case DEVICE_SPEC_UUID_PART:
		return superblock && strcasestr(superblock->uuid, spec->value);
	case DEVICE_SPEC_UUID:
		return superblock && strcasecmp(superblock->uuid, spec->value) == 0;
	case DEVICE_SPEC_LABEL:
		return superblock && str_equal(superblock->label, spec->value);
	case DEVICE_SPEC_PARTUUID:
		return match_partuuid(device, spec);
	case DEVICE_SPEC_PARTLABEL:
		return str_equal(device->partlabel, spec->value);
	case DEVICE_SPEC_ID:
		return blockdev_has_tag(device, "BYID", spec->value);
	case DEVICE_SPEC_PATH:
		return blockdev_has_tag(device, "BYPATH", spec->value);
	case DEVICE_SPEC_SERIAL:
		return blockdev_has_tag_with(device, "SERIAL", spec->value);
	case DEVICE_SPEC_GPT_AUTO:
	case DEVICE_SPEC_VIRTIOFS:
	case DEVICE_SPEC_9P:
		return false;
	}
	return false;
}
