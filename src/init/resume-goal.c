/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/resume-goal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "config/device-spec.h"
#include "init/blockdev.h"
#include "init/device-search.h"
#include "init/resume.h"

struct resume_goal {
	struct resume *resume;
	struct device_search *search;
	bool is_looking; /* it is known for what */
	bool is_held;    /* one is found that may not be the only one */
};

/* The firmware may not have told yet which device it is. */
static void look_if_known(struct resume_goal *goal)
{
	const struct device_spec *device = resume_get_device(goal->resume);

	if (goal->is_looking || device->kind == DEVICE_SPEC_NONE)
		return;
	goal->is_looking = true;
	device_search_begin(goal->search, device, resume_get_types(goal->resume));
}

int resume_goal_new(const struct goal_context *context, struct resume_goal **ret_goal)
{
	static const struct device_search_params params = {
		.title = "the device to resume from",
		.type_source = "rootfstype=",
		.volume_name = "swap",
	};
	struct resume_goal *goal = calloc(1, sizeof(*goal));
	int r;

	if (!goal)
		return -ENOMEM;
	r = resume_new(context, &goal->resume);
	if (r >= 0)
		r = device_search_new(context, &params, &goal->search);
	if (r < 0) {
		(void)resume_goal_free(goal);
		return r;
	}
	look_if_known(goal);
	*ret_goal = goal;
	return 0;
}

struct resume_goal *resume_goal_free(struct resume_goal *goal)
{
	if (goal) {
		goal->search = device_search_free(goal->search);
		goal->resume = resume_free(goal->resume);
		free(goal);
	}
	return NULL;
}

static void offer(struct resume_goal *goal, const struct blockdev *device)
{
	char source[BLOCKDEV_SOURCE_MAX];

	blockdev_get_source(device, source);
	resume_device_appeared(goal->resume, source, device->devnum);
}

static void doubt(struct resume_goal *goal)
{
	_cleanup_strbuf_ struct strbuf devices = { 0 };

	device_search_tell_doubt(goal->search);
	device_search_list(goal->search, &devices);
	resume_devices_doubted(goal->resume, strbuf_string(&devices));
}

/*
 * Not even that there is no image is believed of the first that comes: with two of that name, it
 * would be chance whether a system is lost.
 */
static void search(struct resume_goal *goal, bool is_reading)
{
	if (!device_search_is_due(goal->search) && !goal->is_held)
		return;
	goal->is_held = false;
	switch (device_search_run(goal->search)) {
	case DEVICE_SEARCH_NOTHING:
	case DEVICE_SEARCH_LOCKED:
		resume_device_withdrawn(goal->resume);
		return;
	case DEVICE_SEARCH_FOUND:
	case DEVICE_SEARCH_AMBIVALENT: /* the image has a signature of its own */
		goal->is_held = device_search_awaits_twins(goal->search, is_reading);
		if (!goal->is_held)
			offer(goal, device_search_get_device(goal->search));
		return;
	case DEVICE_SEARCH_SEVERAL:
		doubt(goal);
		return;
	}
}

/* Whether the device would have been taken, or would have kept us from it. */
static bool is_too_late(const struct resume_goal *goal, const struct blockdev *device)
{
	if (!resume_goal_is_settled(goal))
		return false;
	return device_search_get_device(goal->search) ? device_search_is_twin(goal->search, device)
						      : device_search_fits(goal->search, device);
}

void resume_goal_device_probed(struct resume_goal *goal, const struct blockdev *device)
{
	char source[BLOCKDEV_SOURCE_MAX];

	device_search_device_probed(goal->search);
	if (!is_too_late(goal, device))
		return;
	blockdev_get_source(device, source);
	resume_device_late(goal->resume, source);
}

void resume_goal_device_removed(struct resume_goal *goal, const struct blockdev *device)
{
	device_search_device_removed(goal->search, device);
}

/* Whether another device could still be the one. */
static bool is_undecided(const struct resume_goal *goal)
{
	switch (resume_get_state(goal->resume)) {
	case RESUME_AWAITED:
	case RESUME_CHECKING:
	case RESUME_FOUND:
		return true;
	case RESUME_LOCATING:
	case RESUME_READING:
	case RESUME_SETTLED:
		break;
	}
	return false;
}

void resume_goal_step(struct resume_goal *goal, bool is_reading, bool making_progress)
{
	look_if_known(goal);
	if (is_undecided(goal))
		search(goal, is_reading);
	if (resume_get_state(goal->resume) == RESUME_AWAITED &&
	    device_search_is_hopeless(goal->search))
		resume_give_up(goal->resume, "the LUKS volume that holds it was not opened");
	if (!goal->is_held)
		resume_step(goal->resume, making_progress);
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
