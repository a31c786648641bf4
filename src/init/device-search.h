/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct blockdev;
struct device_search;
struct device_spec;
struct goal_context;
struct strbuf;

enum device_search_result {
	DEVICE_SEARCH_NOTHING, /* no device is what is meant, so far */
	DEVICE_SEARCH_FOUND,
	DEVICE_SEARCH_LOCKED,     /* one is; it is a LUKS volume, and what will be in it is meant */
	DEVICE_SEARCH_AMBIVALENT, /* one is; it holds several file systems, and no type chooses */
	DEVICE_SEARCH_SEVERAL,    /* more than one is, and none of them is built on the others */
};

/* All stay referenced. */
struct device_search_params {
	const char *title;       /* for sentences: "the root device" */
	const char *type_source; /* what would say the type of its file system: "rootfstype=" */
	const char *volume_name; /* of a LUKS volume that is found, if nobody has another for it */
};

/*
 * Which of the block devices a name means: that of the root, of what is mounted below it, of the
 * one to resume from. @context stays referenced; nothing is looked for yet. 0 or -ENOMEM.
 */
int device_search_new(const struct goal_context *context, const struct device_search_params *params,
		      struct device_search **ret_search);
struct device_search *device_search_free(struct device_search *search);

/*
 * From now on @spec is what is looked for; of the superblocks those of @types count, as
 * match_device() takes them. Both stay referenced; what was found before is forgotten. If @spec is
 * a name of udev's, all devices are read anew.
 */
void device_search_begin(struct device_search *search, const struct device_spec *spec,
			 const char *types);

/* A device was read, again perhaps; or is gone, and what was found before may be, too. */
void device_search_device_probed(struct device_search *search);
void device_search_device_removed(struct device_search *search, const struct blockdev *device);

/* Whether the result may be another one than at the last run. */
bool device_search_is_due(const struct device_search *search);

/* Looks at the devices that there are now, if due. Has a LUKS volume opened that is found. */
enum device_search_result device_search_run(struct device_search *search);

/* What the last run found; NULL unless it was one, as it is. Valid until it is removed. */
const struct blockdev *device_search_get_device(const struct device_search *search);

/* Whether the partition that was found is marked as read-only, which counts for gpt-auto alone. */
bool device_search_is_read_only(const struct device_search *search);

/*
 * Whether another device may turn out to be meant as well: @is_reading says that some are still to
 * be read that the kernel has shown. True for two seconds at most since one was found, and not
 * again until another one is.
 */
bool device_search_awaits_twins(struct device_search *search, bool is_reading);

/* Whether @device is what is meant, be there others or not. */
bool device_search_fits(const struct device_search *search, const struct blockdev *device);

/* Whether it is, beside the one that was found, and neither is built on the other. */
bool device_search_is_twin(const struct device_search *search, const struct blockdev *device);

/* Says why what was found cannot be taken, AMBIVALENT or SEVERAL as it is; not twice the same. */
void device_search_tell_doubt(struct device_search *search);

/* Whether that was said, and is still true: another device probably will not help. */
bool device_search_is_in_doubt(const struct device_search *search);

/* Whether waiting is of no use: it would be in a volume that was not opened. */
bool device_search_is_hopeless(const struct device_search *search);

/* Appends what is looked for, "UUID=…", and the devices if there are several of them. */
void device_search_describe(const struct device_search *search, struct strbuf *buf);

/* Appends the devices that the last run found, separated by commas. */
void device_search_list(const struct device_search *search, struct strbuf *buf);
