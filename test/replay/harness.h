/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * A machine to replay events on: a sysfs tree in the scratch directory, disks whose content is a
 * table, a pool that reads that table when a test says so, and a clock that stands still in
 * between. What the registry of block devices does is written down as text, a line an action.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/strbuf.h"
#include "init/blockdev.h"
#include "support.h"

/* A job that was submitted and not yet answered; the pool's own type, as a fake. */
struct pool_job {
	struct list link;
	uint64_t submitted_usec;
	char node[64];     /* of a probe; of a mount its path; "fstab", "init" */
	char content[256]; /* of a probe's disk when it was submitted */
	void (*callback)(void *userdata, const struct worker_message *reply);
	void *userdata;
};

struct machine {
	struct blockdevs *devices;
	struct list probes; /* of struct pool_job, oldest first */
	struct list others; /* the jobs that are no probes */
	int submit_error;   /* of the next submissions */
	uint64_t now_usec;
	struct strbuf actions;
	struct strbuf jobs; /* what was asked of workers besides probes, a line each */
};

/* There is one machine at a time, empty and with the clock at 0. */
extern struct machine machine;

int machine_set_up(void **state);
int machine_tear_down(void **state);

/* Has an empty registry that tells these, instead of writing it down. */
void machine_watch(const struct blockdevs_ops *ops);

/* Whether each line begins with the time. */
extern bool machine_with_times;

/* Adds one line. */
void machine_note(const char *format, ...) _printf_(1, 2);

/* The text of what was done since the last call. */
void assert_actions(const char *expected);

/* The same, without the probes. */
void assert_actions_but_probes(const char *expected);

/* Where the sysfs tree is. */
const char *machine_sysfs(void);

/* Sets an attribute, of a path below sysfs; NULL removes the path with all below it. */
void sysfs_set(const char *path, const char *content);

/*
 * A disk of 1000 sectors in sysfs, with its number "8:0" and what disk_set() takes; @upper, unless
 * it is NULL, is what is built on it. Nobody is told yet.
 */
void disk_add(const char *name, const char *devnum, const char *content, const char *upper);

/*
 * What a probe of /dev/@name finds, as tags with | between them; "!N" makes it fail with errno N.
 * Nothing is found on a disk that was never set.
 */
void disk_set(const char *name, const char *content);
const char *disk_get(const char *name);

/* Answers with what the disk holds now, or held at the submission. */
void probe_answer(struct pool_job *probe, bool from_submission);
void probe_answer_all(void);

/* Answers the mount on that path, or "fstab" or "init", which must have been asked for. */
void job_answer(const char *name, int result, const char *text);

/*
 * Sends an event through the kernel's format and the parser to where discovery.c would take it.
 * @variables are lines of KEY=value that follow the header's two, or "".
 */
void send_uevent(const char *action, const char *devpath, const char *variables);

/* An event of the block device @name. */
void send_block_uevent(const char *action, const char *name);

/* Where an event's modalias goes; none if it is NULL. */
extern void (*machine_on_modalias)(const char *alias);
