/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct blockdevs;
struct boot_config;
struct consoles;
struct loop;
struct pool;
struct resume_goal;
struct strbuf;
struct unlock;
struct volumes;

/* What the way to a hibernated system needs; all stay referenced. */
struct resume_goal_parts {
	struct loop *loop;
	struct pool *pool;
	struct consoles *consoles;
	struct unlock *unlock;
	struct volumes *volumes;
	struct blockdevs *devices;
	const char *sysfs; /* where it is mounted */
	const struct boot_config *config;
};

/*
 * Which device is the one to resume from, and which volume has to be opened for that; what happens
 * then is init/resume.h's business. 0 or -ENOMEM.
 */
int resume_goal_new(const struct resume_goal_parts *parts, struct resume_goal **ret_goal);
struct resume_goal *resume_goal_free(struct resume_goal *goal);

void resume_goal_device_probed(struct resume_goal *goal, const struct blockdev *device);
void resume_goal_device_removed(struct resume_goal *goal, const struct blockdev *device);

/* After each batch of events; see resume_step(). */
void resume_goal_step(struct resume_goal *goal, bool making_progress);

/* Whether file systems may be mounted. */
bool resume_goal_is_settled(const struct resume_goal *goal);

/* Whether something is under way that takes its time, and has its end. */
bool resume_goal_is_busy(const struct resume_goal *goal);

/* As resume_describe_awaited(). */
void resume_goal_describe_awaited(const struct resume_goal *goal, struct strbuf *buf);
