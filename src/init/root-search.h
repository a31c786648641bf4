/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct blockdevs;
struct boot_config;
struct root_search;
struct strbuf;

enum root_search_result {
	ROOT_SEARCH_NOTHING, /* no device is what root= means, so far */
	ROOT_SEARCH_FOUND,
	ROOT_SEARCH_SEVERAL, /* more than one is, and none of them is built on the others */
};

/*
 * Looks in @devices for the root that @config asks for. Both stay referenced; @sysfs is where sysfs
 * is mounted. 0 or -ENOMEM.
 */
int root_search_new(struct blockdevs *devices, const char *sysfs, const struct boot_config *config,
		    struct root_search **ret_search);
struct root_search *root_search_free(struct root_search *search);

/* Whether root_search_set_boot_partition() must be called before anything can be found. */
bool root_search_wants_boot_partition(const struct root_search *search);

/* The PARTUUID that the boot loader was started from; "" if nobody knows. */
void root_search_set_boot_partition(struct root_search *search, const char *partuuid);

/* The root is inside the device-mapper device of that name, which is on what root= means. */
int root_search_set_mapping(struct root_search *search, const char *name);
const char *root_search_get_mapping(const struct root_search *search); /* NULL if it is not */

/* From now on rootfallback= is what is looked for; false if there is none, or it is already. */
bool root_search_fall_back(struct root_search *search);

/* The device is gone, and what was found before may be, too. */
void root_search_device_removed(struct root_search *search, const struct blockdev *device);

/* Looks at all devices that there are now. */
enum root_search_result root_search_run(struct root_search *search);

/* What the last run found; NULL unless it was one. Valid until it is removed. */
const struct blockdev *root_search_get_device(const struct root_search *search);

/* Whether the partition that was found is marked as read-only, which counts for gpt-auto alone. */
bool root_search_is_read_only(const struct root_search *search);

/* Whether @device is what root= means as well, beside the one that was found. */
bool root_search_is_twin(const struct root_search *search, const struct blockdev *device);

/*
 * Whether a device that has not been read yet may be what root= means as well: not so where root=
 * is a name that the kernel gives to one device only.
 */
bool root_search_can_have_twins(const struct root_search *search);

/* Whether anything is looked for at all, rather than a root= that nobody understands. */
bool root_search_has_goal(const struct root_search *search);

/* Whether it is a file system without a block device; and its type and tag then. */
bool root_search_is_tagged(const struct root_search *search, const char **ret_type,
			   const char **ret_tag);

/* The name of the only mapping that can be what root= means; NULL if it need be none. */
const char *root_search_get_name(const struct root_search *search);

/* Appends what is looked for, "UUID=…", and the devices if there are several of them. */
void root_search_describe(const struct root_search *search, struct strbuf *buf);
