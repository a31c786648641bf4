/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct goal_context;
struct resume_goal;
struct strbuf;

/*
 * Which device is the one to resume from, and which volume has to be opened for that; what happens
 * then is init/resume.h's business. @context stays referenced. 0 or -ENOMEM.
 */
int resume_goal_new(const struct goal_context *context, struct resume_goal **ret_goal);
struct resume_goal *resume_goal_free(struct resume_goal *goal);

void resume_goal_device_probed(struct resume_goal *goal, const struct blockdev *device);
void resume_goal_device_removed(struct resume_goal *goal, const struct blockdev *device);

/*
 * After each batch of events. @is_reading: devices that the kernel has shown are still to be read.
 * For @making_progress see resume_step().
 */
void resume_goal_step(struct resume_goal *goal, bool is_reading, bool making_progress);

/* Whether file systems may be mounted. */
bool resume_goal_is_settled(const struct resume_goal *goal);

/* Whether something is under way that takes its time, and has its end. */
bool resume_goal_is_busy(const struct resume_goal *goal);

/* As resume_describe_awaited(). */
void resume_goal_describe_awaited(const struct resume_goal *goal, struct strbuf *buf);
