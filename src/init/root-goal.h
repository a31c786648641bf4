/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct goal_context;
struct root;
struct root_goal;
struct strbuf;

/*
 * The way from root= to the root: which device it is, and the volume that is to be opened for it.
 * Both arguments stay referenced. 0 or -ENOMEM.
 */
int root_goal_new(const struct goal_context *context, struct root *root,
		  struct root_goal **ret_goal);
struct root_goal *root_goal_free(struct root_goal *goal);

/* A device was read, again perhaps; or is gone. */
void root_goal_device_probed(struct root_goal *goal, const struct blockdev *device);
void root_goal_device_removed(struct root_goal *goal, const struct blockdev *device);

/* A root without a block device may be there now. */
void root_goal_tag_may_be_there(struct root_goal *goal);

/*
 * Does what can be done next. @is_reading: devices that the kernel has shown are still to be read.
 * @may_mount: nothing else is to be done before. After each batch of events.
 */
void root_goal_step(struct root_goal *goal, bool is_reading, bool may_mount);

/*
 * What root= means did not come, or cannot, or cannot be mounted: says so, and looks for
 * rootfallback= from now on. False if there is none, or that is what was looked for, or the root is
 * mounted or about to be.
 */
bool root_goal_fall_back(struct root_goal *goal);

/* Whether there is anything to look for, rather than a root= that nobody understands. */
bool root_goal_exists(const struct root_goal *goal);

/* Whether what was found cannot be the root, and another device probably will not help. */
bool root_goal_is_in_doubt(const struct root_goal *goal);

/* Whether it is in a volume that was not opened. */
bool root_goal_is_hopeless(const struct root_goal *goal);

/* Appends "the root device UUID=…", and what is known about it that keeps it from being mounted. */
void root_goal_describe(const struct root_goal *goal, struct strbuf *buf);
