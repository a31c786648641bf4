/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct device_spec;
struct goal_context;
struct resume;
struct strbuf;

enum resume_state {
	RESUME_LOCATING, /* the firmware is asked where the image is */
	RESUME_AWAITED,  /* the device of the image has not appeared */
	RESUME_CHECKING, /* whether there is an image on it */
	RESUME_FOUND,    /* there is; what the workers do has to end before it is read */
	RESUME_READING,  /* if all goes well this is the last state */
	RESUME_SETTLED,  /* nothing will be resumed any more */
};

/*
 * A hibernated system, which takes our place if there is one. Until this is settled nothing may be
 * mounted, read-only or not: what the image knows of its file systems must stay true. @context
 * stays referenced. 0 or -ENOMEM.
 */
int resume_new(const struct goal_context *context, struct resume **ret_resume);
struct resume *resume_free(struct resume *resume);

enum resume_state resume_get_state(const struct resume *resume);

/* What the image is on; of DEVICE_SPEC_NONE while that is not known, or there is no such thing. */
const struct device_spec *resume_get_device(const struct resume *resume);

/* The superblocks that count on that device, as match_superblock() takes them; NULL: any. */
const char *resume_get_types(const struct resume *resume);

/* @node is what resume_get_device() means. Until its image is being read, the last counts. */
void resume_device_appeared(struct resume *resume, const char *node, dev_t devnum);

/* No device is what it means, any more. */
void resume_device_withdrawn(struct resume *resume);

/* Several are, which @devices lists: none of them is taken, nor waited for much longer. */
void resume_devices_doubted(struct resume *resume, const char *devices);

/* Nothing will be resumed any more, and now @node is that device, too. */
void resume_device_late(struct resume *resume, const char *node);

/* The device cannot appear: @why, the end of a sentence. */
void resume_give_up(struct resume *resume, const char *why);

/*
 * Does what can be done next; after each batch of events. Patience is used up while the rest of
 * boot is not @making_progress.
 */
void resume_step(struct resume *resume, bool making_progress);

/* Appends what is awaited, if anything is, behind a comma if there is something. */
void resume_describe_awaited(const struct resume *resume, struct strbuf *buf);
