/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/match.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "config/device-spec.h"
#include "init/blockdev.h"

/* Whether @type is one of the comma-separated @types. */
static bool is_listed(const char *type, const char *types)
{
	const char *item;
	size_t size;

	while ((item = str_next_item(&types, &size)))
		if (size == strlen(type) && strncmp(item, type, size) == 0)
			return true;
	return false;
}

const struct superblock *match_superblock(const struct blockdev *device, const char *types)
{
	const struct superblock *chosen = NULL;

	if (device->n_superblocks == 1)
		return &device->superblocks[0];
	if (!types)
		return NULL;
	for (unsigned int i = 0; i < device->n_superblocks; i++) {
		if (!is_listed(device->superblocks[i].type, types))
			continue;
		if (chosen)
			return NULL;
		chosen = &device->superblocks[i];
	}
	return chosen;
}

bool match_device(const struct blockdev *device, const struct device_spec *spec, const char *types)
{
	const struct superblock *superblock = match_superblock(device, types);

	switch (spec->kind) {
	case DEVICE_SPEC_NONE:
		return false;
	case DEVICE_SPEC_NODE:
		return str_equal(device->node + strlen("/dev/"), spec->value);
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
		/* That of a neighbour says nothing about this partition. */
		return spec->partition_offset == 0 &&
		       strcasecmp(device->partuuid, spec->value) == 0;
	case DEVICE_SPEC_PARTLABEL:
		return str_equal(device->partlabel, spec->value);
	case DEVICE_SPEC_ID:
	case DEVICE_SPEC_PATH:
	case DEVICE_SPEC_SERIAL:
	case DEVICE_SPEC_GPT_AUTO:
	case DEVICE_SPEC_VIRTIOFS:
	case DEVICE_SPEC_9P:
		return false;
	}
	return false;
}
