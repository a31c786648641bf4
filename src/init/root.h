/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct boot_config;
struct pool;
struct root;

enum root_state {
	ROOT_AWAITED,
	ROOT_PREPARING, /* the device is there, its file system's modules are being loaded */
	ROOT_MOUNTING,
	ROOT_MOUNTED, /* and it holds an init that can be run */
	ROOT_FAILED,
};

/* How the root meets the module queue, which it does not know. */
struct root_ops {
	void (*request_module)(void *userdata, const char *alias);
	bool (*module_is_settled)(void *userdata, const char *alias);
};

/*
 * The root file system: mounted at IMAGE_SYSROOT by a worker, as @config says. @config and @ops
 * stay referenced. 0 or -ENOMEM.
 */
int root_new(struct pool *pool, const struct boot_config *config, const struct root_ops *ops,
	     void *userdata, struct root **ret_root);
struct root *root_free(struct root *root);

/* The root is on @node, whose file system is of @type, "" if that is not known. */
void root_device_appeared(struct root *root, const char *node, const char *type);

/* The device @node is gone; one that is mounted stays mounted. */
void root_device_removed(struct root *root, const char *node);

/* Mounts when all is there. After each batch of events. */
void root_step(struct root *root);

enum root_state root_get_state(const struct root *root);

/* The device, once one appeared; NULL before. */
const char *root_get_node(const struct root *root);

/* Why it failed, a sentence; only in ROOT_FAILED. */
const char *root_get_reason(const struct root *root);

/* The path of the real init inside the root; only in ROOT_MOUNTED. */
const char *root_get_init(const struct root *root);
