/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct boot_config;
struct module_loader;
struct pool;
struct root;

enum root_state {
	ROOT_AWAITED,
	ROOT_PREPARING, /* the device is there, its file system's modules are being loaded */
	ROOT_MOUNTING,
	ROOT_MOUNTED, /* and it holds an init that can be run */
	ROOT_FAILED,
};

/*
 * The root file system: mounted at IMAGE_SYSROOT by a worker, as @config says. @config stays
 * referenced. 0 or -ENOMEM.
 */
int root_new(struct pool *pool, struct module_loader *modules, const struct boot_config *config,
	     struct root **ret_root);
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
