/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct boot_config;
struct fs_mount_context;
struct root;
struct strbuf;

enum root_state {
	ROOT_AWAITED,
	ROOT_PREPARING, /* the device is there, its file system's modules are being loaded */
	ROOT_MOUNTING,  /* or being checked before that */
	ROOT_MOUNTED,
	ROOT_SEARCHED, /* it is being looked for the real init */
	ROOT_READY,    /* it holds an init that can be run */
	ROOT_FAILED,
};

/*
 * The root file system: mounted at IMAGE_SYSROOT by a worker, as @config says. @context and @config
 * stay referenced. 0 or -ENOMEM.
 */
int root_new(const struct fs_mount_context *context, const struct boot_config *config,
	     struct root **ret_root);
struct root *root_free(struct root *root);

/*
 * The root is on @node, whose file system is of @type, "" if that is not known. It is mounted
 * read-only if @is_read_only, whatever else was said. Until it is being mounted, the last counts.
 */
void root_device_appeared(struct root *root, const char *node, const char *type, bool is_read_only);

/* What appeared is not the root, or not without doubt: another one is awaited. */
void root_device_withdrawn(struct root *root);

/*
 * The root is the file system of @type, "virtiofs" or "9p", that the hypervisor calls @tag; it may
 * be there now. What cannot be mounted is tried again the next time that this is said.
 */
void root_tag_appeared(struct root *root, const char *type, const char *tag);

/* The device @node is gone; one that is mounted stays mounted. */
void root_device_removed(struct root *root, const char *node);

/*
 * Loads what the file system needs, and then mounts it, unless @is_held: something is still to be
 * found out. After each batch of events.
 */
void root_step(struct root *root, bool is_held);

/* The device failed or does not get its driver, and is done without: another root is awaited. */
void root_begin_anew(struct root *root);

/* All is mounted that belongs below the root: looks for the init. Only in ROOT_MOUNTED. */
void root_find_init(struct root *root);

enum root_state root_get_state(const struct root *root);

/* Whether it is mounted, whatever comes after that. */
bool root_is_mounted(const struct root *root);

/* Whether it failed before anything was mounted. */
bool root_cannot_be_mounted(const struct root *root);

/* Whether it is being checked, before it is mounted. */
bool root_is_being_checked(const struct root *root);

/* The device, once one appeared; NULL before. */
const char *root_get_node(const struct root *root);

/* The type of its file system, once it is mounted; "" before, or without memory for it. */
const char *root_get_type(const struct root *root);

/* Whether it is awaited again after it could not be mounted. */
bool root_has_failed_once(const struct root *root);

/* Why it failed, a sentence; in ROOT_FAILED, or where a tag is awaited that was tried in vain. */
const char *root_get_reason(const struct root *root);

/* The path of the real init inside the root; only in ROOT_READY. */
const char *root_get_init(const struct root *root);

/* Appends what is done with the device, as something that is waited for. */
void root_describe(const struct root *root, struct strbuf *buf);
