/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A name such as a UUID may be that of two devices. Nobody can know whether another one is still to
 * come, and boot does not settle; but it does not choose by chance either: the root is not mounted
 * before each device has been read that the kernel had shown when it was found, for two seconds at
 * most. Mostly that is done before its file system's driver is loaded. What comes later than that
 * is named in the log. Of two that are there in time none is mounted: one of them may go, or
 * something may be built on both, until the time is up.
 */
#include "init/root-goal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "init/blockdev.h"
#include "init/boot-partition.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/match.h"
#include "init/root-search.h"
#include "init/root.h"
#include "init/volumes.h"

#define TWINS_TIMEOUT_USEC (2 * USEC_PER_SEC)
#define ROOT_MAPPING_NAME  "root" /* of a LUKS volume that root= itself names */

struct root_goal {
	struct root_goal_parts parts;
	struct root_search *search;
	struct boot_partition *boot_partition;
	struct loop_timer *twins;
	bool twins_awaited; /* a second device may still be read that is the root as well */
	bool search_again;  /* devices came or went: the root may be another, or none */
	char *doubt;        /* what was said last of what cannot be taken for the root, or NULL */
};

static void on_twins_timeout(void *userdata)
{
	struct root_goal *goal = userdata;

	goal->twins_awaited = false;
}

static void on_boot_partition(void *userdata, const char *partuuid)
{
	struct root_goal *goal = userdata;

	root_search_set_boot_partition(goal->search, partuuid);
	goal->search_again = true;
}

static int set_up(struct root_goal *goal)
{
	const struct root_goal_parts *parts = &goal->parts;
	int r = loop_timer_new(parts->loop, on_twins_timeout, goal, &goal->twins);

	if (r >= 0)
		r = root_search_new(parts->devices, parts->sysfs, parts->config, &goal->search);
	if (r < 0)
		return r;
	if (device_spec_is_udev_name(&parts->config->root) ||
	    device_spec_is_udev_name(&parts->config->root_fallback))
		blockdevs_want_names(parts->devices);
	if (root_search_wants_boot_partition(goal->search))
		boot_partition_find(parts->pool, on_boot_partition, goal, &goal->boot_partition);
	return 0;
}

int root_goal_new(const struct root_goal_parts *parts, struct root_goal **ret_goal)
{
	struct root_goal *goal = calloc(1, sizeof(*goal));
	int r;

	if (!goal)
		return -ENOMEM;
	goal->parts = *parts;
	r = set_up(goal);
	if (r < 0) {
		(void)root_goal_free(goal);
		return r;
	}
	*ret_goal = goal;
	return 0;
}

struct root_goal *root_goal_free(struct root_goal *goal)
{
	if (goal) {
		(void)boot_partition_free(goal->boot_partition);
		(void)root_search_free(goal->search);
		(void)loop_timer_free(goal->twins);
		free(goal->doubt);
		free(goal);
	}
	return NULL;
}

/* --- what was found --- */

static void forget_doubt(struct root_goal *goal)
{
	free(goal->doubt);
	goal->doubt = NULL;
}

/* What was found is not taken for the root; says once why. */
static void doubt(struct root_goal *goal, const struct strbuf *why)
{
	root_device_withdrawn(goal->parts.root);
	if (goal->doubt && str_equal(goal->doubt, strbuf_string(why)))
		return;
	consoles_say(goal->parts.consoles, "%s", strbuf_string(why));
	forget_doubt(goal);
	goal->doubt = strdup(strbuf_string(why));
}

static void doubt_several(struct root_goal *goal)
{
	_cleanup_strbuf_ struct strbuf why = { 0 };

	strbuf_append(&why, "the root device is to be ");
	root_search_describe(goal->search, &why);
	strbuf_append(&why, ": mounting none of them, waiting until only one is left");
	doubt(goal, &why);
}

static void doubt_content(struct root_goal *goal, const struct blockdev *device)
{
	_cleanup_strbuf_ struct strbuf why = { 0 };

	strbuf_append(&why, "the root device holds more than one file system, and rootfstype= does "
			    "not say which is meant, waiting for another: ");
	blockdev_describe(device, &why);
	doubt(goal, &why);
}

/* root= names a LUKS volume: what is in it is the root. */
static void open_volume(struct root_goal *goal, const struct blockdev *device)
{
	const char *name;

	root_device_withdrawn(goal->parts.root);
	if (root_search_get_mapping(goal->search) || !goal->parts.config->luks.enabled)
		return;
	name = volumes_open(goal->parts.volumes, device, ROOT_MAPPING_NAME);
	if (name && root_search_set_mapping(goal->search, name) < 0)
		log_err("no memory to look for the root in the LUKS volume %s", name);
}

static void offer(struct root_goal *goal, const struct blockdev *device)
{
	const struct superblock *superblock =
		match_superblock(device, goal->parts.config->rootfstype);
	struct root *root = goal->parts.root;
	char source[BLOCKDEV_SOURCE_MAX];

	if (!superblock && device->n_superblocks > 1) {
		doubt_content(goal, device);
		return;
	}
	forget_doubt(goal);
	if (superblock && str_equal(superblock->type, SUPERBLOCK_LUKS)) {
		open_volume(goal, device);
		return;
	}
	if (root_get_state(root) == ROOT_AWAITED && root_search_can_have_twins(goal->search)) {
		goal->twins_awaited = true;
		loop_timer_start(goal->twins, TWINS_TIMEOUT_USEC);
	}
	blockdev_get_source(device, source);
	root_device_appeared(root, source, superblock ? superblock->type : "",
			     root_search_is_read_only(goal->search));
}

static void search(struct root_goal *goal)
{
	goal->search_again = false;
	switch (root_search_run(goal->search)) {
	case ROOT_SEARCH_NOTHING:
		root_device_withdrawn(goal->parts.root);
		forget_doubt(goal);
		return;
	case ROOT_SEARCH_FOUND:
		offer(goal, root_search_get_device(goal->search));
		return;
	case ROOT_SEARCH_SEVERAL:
		doubt_several(goal);
		return;
	}
}

/* --- what happens --- */

/* One that comes too late to matter is named, so that nobody wonders next time. */
static void note_twin(const struct root_goal *goal, const struct blockdev *device)
{
	enum root_state state = root_get_state(goal->parts.root);
	_cleanup_strbuf_ struct strbuf sought = { 0 };

	if (state == ROOT_AWAITED || state == ROOT_PREPARING || state == ROOT_FAILED ||
	    !root_search_is_twin(goal->search, device))
		return;
	root_search_describe(goal->search, &sought);
	log_warn("%s is also what the root is to be, %s, but comes too late: going on with %s",
		 device->node, strbuf_string(&sought), root_get_node(goal->parts.root));
}

void root_goal_device_probed(struct root_goal *goal, const struct blockdev *device)
{
	goal->search_again = true;
	note_twin(goal, device);
}

void root_goal_device_removed(struct root_goal *goal, const struct blockdev *device)
{
	char source[BLOCKDEV_SOURCE_MAX];

	goal->search_again = true;
	root_search_device_removed(goal->search, device);
	blockdev_get_source(device, source);
	root_device_removed(goal->parts.root, source);
}

void root_goal_tag_may_be_there(struct root_goal *goal)
{
	const char *type, *tag;

	if (root_search_is_tagged(goal->search, &type, &tag))
		root_tag_appeared(goal->parts.root, type, tag);
}

static bool is_to_be_searched(const struct root_goal *goal)
{
	enum root_state state = root_get_state(goal->parts.root);
	const char *type, *tag;

	return goal->search_again && (state == ROOT_AWAITED || state == ROOT_PREPARING) &&
	       !root_search_is_tagged(goal->search, &type, &tag);
}

static void advance(struct root_goal *goal, bool is_reading, bool may_mount)
{
	if (is_to_be_searched(goal))
		search(goal);
	if (goal->twins_awaited && !is_reading) {
		goal->twins_awaited = false;
		loop_timer_stop(goal->twins);
	}
	root_step(goal->parts.root, goal->twins_awaited || !may_mount);
}

void root_goal_step(struct root_goal *goal, bool is_reading, bool may_mount)
{
	advance(goal, is_reading, may_mount);
	/* Its device went while it was mounted. One that came meanwhile sends no other event. */
	if (is_to_be_searched(goal))
		advance(goal, is_reading, may_mount);
}

bool root_goal_fall_back(struct root_goal *goal)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (root_get_state(goal->parts.root) != ROOT_AWAITED)
		return false;
	root_goal_describe(goal, &text);
	if (!root_search_fall_back(goal->search))
		return false;
	strbuf_append(&text, " did not appear, looking for rootfallback=");
	root_search_describe(goal->search, &text);
	consoles_say(goal->parts.consoles, "%s", strbuf_string(&text));
	goal->search_again = true;
	return true;
}

bool root_goal_exists(const struct root_goal *goal)
{
	return root_search_has_goal(goal->search);
}

/* Whether the tag was tried in vain, rather than one that was looked for before. */
static bool has_tag_failed(const struct root_goal *goal)
{
	const char *type, *tag;

	return root_search_is_tagged(goal->search, &type, &tag) &&
	       root_has_failed_once(goal->parts.root);
}

bool root_goal_is_in_doubt(const struct root_goal *goal)
{
	return goal->doubt || has_tag_failed(goal);
}

const char *root_goal_get_mapping(const struct root_goal *goal)
{
	const char *mapping = root_search_get_mapping(goal->search);

	return mapping ? mapping : root_search_get_name(goal->search);
}

void root_goal_describe(const struct root_goal *goal, struct strbuf *buf)
{
	strbuf_append(buf, "the root device ");
	root_search_describe(goal->search, buf);
	if (has_tag_failed(goal))
		strbuf_printf(buf, " (%s)", root_get_reason(goal->parts.root));
}
