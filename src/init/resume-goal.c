/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/resume-goal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "config/cmdline.h"
#include "config/device-spec.h"
#include "init/blockdev.h"
#include "init/match.h"
#include "init/resume.h"
#include "init/unlock.h"
#include "init/volumes.h"

#define MAPPING_NAME "swap" /* of a LUKS volume that resume= itself names */

struct resume_goal {
	struct resume_goal_parts parts;
	struct resume *resume;
	char *mapping; /* that holds the image, where resume= names its LUKS volume; or NULL */
};

int resume_goal_new(const struct resume_goal_parts *parts, struct resume_goal **ret_goal)
{
	struct resume_goal *goal = calloc(1, sizeof(*goal));
	int r;

	if (!goal)
		return -ENOMEM;
	goal->parts = *parts;
	r = resume_new(parts->loop, parts->pool, parts->consoles, parts->config, parts->sysfs,
		       &goal->resume);
	if (r < 0) {
		free(goal);
		return r;
	}
	*ret_goal = goal;
	return 0;
}

struct resume_goal *resume_goal_free(struct resume_goal *goal)
{
	if (goal) {
		goal->resume = resume_free(goal->resume);
		free(goal->mapping);
		free(goal);
	}
	return NULL;
}

/* resume= names a LUKS volume: what is in it is meant, under the name that it has elsewhere. */
static void open_volume(struct resume_goal *goal, const struct blockdev *device)
{
	const char *name;

	if (goal->mapping || !goal->parts.config->luks.enabled)
		return;
	name = volumes_open(goal->parts.volumes, device, MAPPING_NAME);
	goal->mapping = name ? strdup(name) : NULL;
	if (name && !goal->mapping)
		log_err("no memory to resume from the LUKS volume %s", name);
}

static bool is_sought(const struct resume_goal *goal, const struct blockdev *device)
{
	if (goal->mapping && device->dm_name && str_equal(device->dm_name, goal->mapping))
		return true;
	return match_device(device, resume_get_device(goal->resume),
			    resume_get_types(goal->resume));
}

static void source_of(const struct blockdev *device, char *buf, size_t size)
{
	(void)snprintf(buf, size, "%s%s", device->dm_name ? "/dev/mapper/" : "",
		       device->dm_name ? device->dm_name : device->node);
}

void resume_goal_device_probed(struct resume_goal *goal, const struct blockdev *device)
{
	const struct superblock *superblock;
	char source[256];

	if (!is_sought(goal, device))
		return;
	superblock = match_superblock(device, resume_get_types(goal->resume));
	if (superblock && str_equal(superblock->type, SUPERBLOCK_LUKS)) {
		open_volume(goal, device);
		return;
	}
	source_of(device, source, sizeof(source));
	resume_device_appeared(goal->resume, source, device->devnum);
}

void resume_goal_device_removed(struct resume_goal *goal, const struct blockdev *device)
{
	char source[256];

	source_of(device, source, sizeof(source));
	resume_device_removed(goal->resume, source);
}

static void offer_if_probed(void *userdata, struct blockdev *device)
{
	if (device->state == BLOCKDEV_PROBED)
		resume_goal_device_probed(userdata, device);
}

/* The device would be in a volume that stays closed. */
static bool stays_locked(const struct resume_goal *goal)
{
	const struct device_spec *spec = resume_get_device(goal->resume);
	const char *mapping = goal->mapping;

	if (!mapping && spec->kind == DEVICE_SPEC_MAPPER)
		mapping = spec->value;
	return mapping && unlock_has_failed(goal->parts.unlock, mapping);
}

void resume_goal_step(struct resume_goal *goal, bool making_progress)
{
	if (resume_get_state(goal->resume) == RESUME_AWAITED && stays_locked(goal))
		resume_give_up(goal->resume, "the LUKS volume that holds it was not opened");
	if (resume_step(goal->resume, making_progress))
		blockdevs_for_each(goal->parts.devices, offer_if_probed, goal);
}

bool resume_goal_is_settled(const struct resume_goal *goal)
{
	return resume_get_state(goal->resume) == RESUME_SETTLED;
}

bool resume_goal_is_busy(const struct resume_goal *goal)
{
	enum resume_state state = resume_get_state(goal->resume);

	return state != RESUME_AWAITED && state != RESUME_SETTLED;
}

void resume_goal_describe_awaited(const struct resume_goal *goal, struct strbuf *buf)
{
	resume_describe_awaited(goal->resume, buf);
}
