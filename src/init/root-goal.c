/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is found is offered to the root, and withdrawn again if it turns out to be one of several:
 * none of them is mounted then, as one may go, or something may be built on both, until the time is
 * up. What comes too late to matter is named in the log.
 */
#include "init/root-goal.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "init/blockdev.h"
#include "init/console.h"
#include "init/device-search.h"
#include "init/goal-context.h"
#include "init/match.h"
#include "init/root.h"

struct root_goal {
	const struct goal_context *context;
	struct root *root;
	const struct device_spec *spec;
	struct device_spec gpt_auto; /* where root= is not given */
	struct device_search *search;
};

static void look_for(struct root_goal *goal, const struct device_spec *spec)
{
	goal->spec = spec;
	device_search_begin(goal->search, spec, goal->context->config->rootfstype);
}

int root_goal_new(const struct goal_context *context, struct root *root,
		  struct root_goal **ret_goal)
{
	static const struct device_search_params params = {
		.title = "the root device",
		.type_source = "rootfstype=",
		.volume_name = "root",
	};
	const struct boot_config *config = context->config;
	struct root_goal *goal = calloc(1, sizeof(*goal));

	if (!goal)
		return -ENOMEM;
	goal->context = context;
	goal->root = root;
	goal->gpt_auto.kind = DEVICE_SPEC_GPT_AUTO;
	if (device_search_new(context, &params, &goal->search) < 0) {
		free(goal);
		return -ENOMEM;
	}
	look_for(goal, config->root_is_given ? &config->root : &goal->gpt_auto);
	*ret_goal = goal;
	return 0;
}

struct root_goal *root_goal_free(struct root_goal *goal)
{
	if (goal) {
		(void)device_search_free(goal->search);
		free(goal);
	}
	return NULL;
}

/* The type of a root that is a file system without a block device, only with a tag; or NULL. */
static const char *find_tagged_type(const struct root_goal *goal)
{
	if (goal->spec->kind == DEVICE_SPEC_VIRTIOFS)
		return "virtiofs";
	return goal->spec->kind == DEVICE_SPEC_9P ? "9p" : NULL;
}

/* --- what was found --- */

static void offer(struct root_goal *goal, const struct blockdev *device)
{
	const struct superblock *superblock =
		match_superblock(device, goal->context->config->rootfstype);
	char source[BLOCKDEV_SOURCE_MAX];

	blockdev_get_source(device, source);
	root_device_appeared(goal->root, source, superblock ? superblock->type : "",
			     device_search_is_read_only(goal->search));
}

static void search(struct root_goal *goal)
{
	switch (device_search_run(goal->search)) {
	case DEVICE_SEARCH_NOTHING:
	case DEVICE_SEARCH_LOCKED:
		root_device_withdrawn(goal->root);
		return;
	case DEVICE_SEARCH_FOUND:
		offer(goal, device_search_get_device(goal->search));
		return;
	case DEVICE_SEARCH_AMBIVALENT:
	case DEVICE_SEARCH_SEVERAL:
		root_device_withdrawn(goal->root);
		device_search_tell_doubt(goal->search);
		return;
	}
}

/* --- what happens --- */

/* One that comes too late to matter is named, so that nobody wonders next time. */
static void note_twin(const struct root_goal *goal, const struct blockdev *device)
{
	enum root_state state = root_get_state(goal->root);
	_cleanup_strbuf_ struct strbuf sought = { 0 };

	if (state == ROOT_AWAITED || state == ROOT_PREPARING || state == ROOT_FAILED ||
	    !device_search_is_twin(goal->search, device))
		return;
	device_search_describe(goal->search, &sought);
	log_warn("%s is also what the root is to be, %s, but comes too late: going on with %s",
		 device->node, strbuf_string(&sought), root_get_node(goal->root));
}

void root_goal_device_probed(struct root_goal *goal, const struct blockdev *device)
{
	device_search_device_probed(goal->search);
	note_twin(goal, device);
}

void root_goal_device_removed(struct root_goal *goal, const struct blockdev *device)
{
	char source[BLOCKDEV_SOURCE_MAX];

	device_search_device_removed(goal->search, device);
	blockdev_get_source(device, source);
	root_device_removed(goal->root, source);
}

void root_goal_tag_may_be_there(struct root_goal *goal)
{
	const char *type = find_tagged_type(goal);

	if (type)
		root_tag_appeared(goal->root, type, goal->spec->value);
}

static bool is_to_be_searched(const struct root_goal *goal)
{
	enum root_state state = root_get_state(goal->root);

	return device_search_is_due(goal->search) &&
	       (state == ROOT_AWAITED || state == ROOT_PREPARING) && !find_tagged_type(goal);
}

static void advance(struct root_goal *goal, bool is_reading, bool may_mount)
{
	if (is_to_be_searched(goal))
		search(goal);
	root_step(goal->root, device_search_awaits_twins(goal->search, is_reading) || !may_mount);
}

void root_goal_step(struct root_goal *goal, bool is_reading, bool may_mount)
{
	advance(goal, is_reading, may_mount);
	/* Its device went while it was mounted. One that came meanwhile sends no other event. */
	if (is_to_be_searched(goal))
		advance(goal, is_reading, may_mount);
}

/* Why the root of root= is done without, the beginning of a sentence; false if it need not be. */
static bool describe_failure(const struct root_goal *goal, struct strbuf *buf)
{
	switch (root_get_state(goal->root)) {
	case ROOT_AWAITED:
		root_goal_describe(goal, buf);
		strbuf_append(buf, " did not appear,");
		return true;
	case ROOT_PREPARING:
		root_describe(goal->root, buf);
		strbuf_append(buf, " did not come in time,");
		return true;
	case ROOT_FAILED:
		strbuf_printf(buf, "%s;", root_get_reason(goal->root));
		return root_cannot_be_mounted(goal->root);
	case ROOT_MOUNTING:
	case ROOT_MOUNTED:
	case ROOT_SEARCHED:
	case ROOT_READY:
		break;
	}
	return false;
}

bool root_goal_fall_back(struct root_goal *goal)
{
	const struct device_spec *fallback = &goal->context->config->root_fallback;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	if (fallback->kind == DEVICE_SPEC_NONE || goal->spec == fallback ||
	    !describe_failure(goal, &text))
		return false;
	look_for(goal, fallback);
	strbuf_append(&text, " looking for rootfallback=");
	device_search_describe(goal->search, &text);
	consoles_say(goal->context->consoles, "%s", strbuf_string(&text));
	root_begin_anew(goal->root);
	return true;
}

bool root_goal_exists(const struct root_goal *goal)
{
	return goal->spec->kind != DEVICE_SPEC_NONE;
}

/* Whether the tag was tried in vain, rather than one that was looked for before. */
static bool has_tag_failed(const struct root_goal *goal)
{
	return find_tagged_type(goal) && root_has_failed_once(goal->root);
}

bool root_goal_is_in_doubt(const struct root_goal *goal)
{
	return device_search_is_in_doubt(goal->search) || has_tag_failed(goal);
}

bool root_goal_is_hopeless(const struct root_goal *goal)
{
	return device_search_is_hopeless(goal->search);
}

void root_goal_describe(const struct root_goal *goal, struct strbuf *buf)
{
	strbuf_append(buf, "the root device ");
	if (root_goal_exists(goal))
		device_search_describe(goal->search, buf);
	else
		strbuf_append(buf, "that root= was to name");
	if (has_tag_failed(goal))
		strbuf_printf(buf, " (%s)", root_get_reason(goal->root));
}
