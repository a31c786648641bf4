/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "init/worker-message.h"

struct children;
struct loop;
struct pool;
struct pool_job;

/* In which order waiting jobs are given to workers; of one priority, as they came. */
enum pool_priority {
	POOL_PRIORITY_DEVICE,         /* probes and mounts: what everything waits for */
	POOL_PRIORITY_MODULE_STORAGE, /* then modules by what they are for */
	POOL_PRIORITY_MODULE_INPUT,
	POOL_PRIORITY_MODULE_FILESYSTEM,
	POOL_PRIORITY_MODULE_OTHER,
	N_POOL_PRIORITIES,
};

/* @reply is valid during the call. A worker that died or was too slow gives a code < 0. */
typedef void (*pool_reply_cb)(void *userdata, const struct worker_message *reply);

/*
 * Forks clamp(@n_workers, 2, 16) workers. To be called before the event loop exists, and while
 * there is little to inherit.
 */
int pool_fork(unsigned int n_workers, struct pool **ret_pool);

/* Watches workers and sockets from now on; jobs may be submitted. */
int pool_start(struct pool *pool, struct loop *loop, struct children *children);

/*
 * Closes all sockets: idle workers end by themselves and are waited for, a busy one ends after
 * its job, whoever is PID 1 by then. Replies that are out will not be delivered.
 */
struct pool *pool_free(struct pool *pool);

/*
 * Queues a copy of @request. @timeout_usec counts from the start of the work; then the job fails
 * with -ETIMEDOUT and its worker is killed, so it is USEC_INFINITY for module loads. Returns 0 and
 * a job that is valid until its reply has been delivered or it was cancelled; -ENOMEM; or -EIO when
 * no worker is left.
 */
int pool_submit(struct pool *pool, const struct worker_message *request,
		enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		void *userdata, struct pool_job **ret_job);

/* The reply will not be delivered. A job that has begun goes on without us. */
void pool_cancel(struct pool_job *job);

/* While it is held, the pool begins no job but those of POOL_PRIORITY_DEVICE. */
void pool_set_held(struct pool *pool, bool held);

/* Whether any job has begun and is not over. */
bool pool_is_busy(const struct pool *pool);

/* Whether no job waits or runs. */
bool pool_is_idle(const struct pool *pool);
