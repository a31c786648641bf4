/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/disk-title.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "init/blockdev.h"
#include "init/sysfs-device.h"

#define TITLE_BYTES_MAX \
	72 /* as many as a partition's name may take in a GPT, and more than a model */

static bool is_control_character(uint32_t character)
{
	return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

/* Disks say of themselves what they like. */
static bool is_presentable(const char *text)
{
	uint32_t character;
	size_t size;

	if (!*text || strlen(text) > TITLE_BYTES_MAX)
		return false;
	for (; *text; text += size) {
		size = utf8_decode(text, &character);
		if (size == 0 || is_control_character(character))
			return false;
	}
	return true;
}

/* Cards and sticks of MMC have a name in place of a model. */
static bool find_model(const char *sysfs, const char *node, char *buf, size_t size)
{
	struct sysfs_device device;

	if (sysfs_device_of_node(sysfs, node, &device) < 0)
		return false;
	if (sysfs_device_get_above(&device, "model", buf, size) > 0)
		return true;
	return sysfs_device_climb(&device, "mmc") &&
	       sysfs_device_get(&device, "name", buf, size) > 0;
}

char *disk_title(const char *sysfs, const struct blockdev *device)
{
	char model[TITLE_BYTES_MAX + 1];

	if (device->dm_name && is_presentable(device->dm_name))
		return strdup(device->dm_name);
	if (find_model(sysfs, device->node, model, sizeof(model)) && is_presentable(model))
		return strdup(model);
	if (is_presentable(device->partlabel))
		return strdup(device->partlabel);
	return strdup(device->node);
}
