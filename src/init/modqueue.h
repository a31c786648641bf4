/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"
#include "init/modalias.h"
#include "init/pool.h"

struct modqueue;

struct modqueue_ops {
	/* As modalias_resolve_named() and modalias_describe(). */
	int (*resolve)(void *userdata, const char *alias, struct vec *ret_names);
	int (*describe)(void *userdata, const char *name, struct module_info *ret_info);
	/*
	 * Starts loading; modqueue_loaded() must follow, later or from within. Waiting loads are
	 * to be begun in the order of @priority. 0 or negative errno.
	 */
	int (*load)(void *userdata, const char *name, const struct module_info *info,
		    enum pool_priority priority);
};

/*
 * Which modules are wanted and in which order they may be loaded: a graph of modules where one
 * becomes ready when its hard dependencies are live and its soft ones have been tried. Knows
 * nothing of libkmod or of workers. @ops stays referenced. 0 or -ENOMEM.
 */
int modqueue_new(const struct modqueue_ops *ops, void *userdata, struct modqueue **ret_queue);
struct modqueue *modqueue_free(struct modqueue *queue);

/* Wants what @alias, which may be a module's name, stands for. Repeating it costs nothing. */
void modqueue_request(struct modqueue *queue, const char *alias);

/*
 * The same, and nothing else is begun before that and all that it needs is settled. What has begun
 * goes on.
 */
void modqueue_request_first(struct modqueue *queue, const char *alias);

/* The load of @name ended with 0 or negative errno. */
void modqueue_loaded(struct modqueue *queue, const char *name, int result);

/* Whether nothing that @alias stands for is still to be loaded; failures count as settled. */
bool modqueue_is_settled(const struct modqueue *queue, const char *alias);

/* Whether no module waits or is being loaded. */
bool modqueue_is_idle(const struct modqueue *queue);

/* Starts no further load. */
void modqueue_stop(struct modqueue *queue);

/* A module that was wanted and is not live. */
typedef void (*modqueue_failed_cb)(void *userdata, const char *name, enum pool_priority priority,
				   const char *reason);

void modqueue_for_each_failed(const struct modqueue *queue, modqueue_failed_cb visit,
			      void *userdata);
