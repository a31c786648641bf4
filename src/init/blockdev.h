/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/list.h"
#include "init/worker-message.h"

struct blockdevs;
struct pool;
struct pool_job;
struct strbuf;

#define BLOCKDEV_SUPERBLOCKS_MAX 4
#define BLOCKDEV_SOURCE_MAX      256 /* the size of a name that a device is mounted by */

#define SUPERBLOCK_LUKS "crypto_LUKS" /* the type of a LUKS header, as libblkid calls it */

/* What libblkid found; "" where it found nothing. */
struct superblock {
	const char *type, *uuid, *label;
};

enum blockdev_state {
	BLOCKDEV_UNUSABLE, /* nothing in it: no medium, no backing file, no table */
	BLOCKDEV_PROBING,
	BLOCKDEV_PROBED,
	BLOCKDEV_FAILED, /* could not be read */
};

struct blockdev {
	struct list link;
	struct blockdevs *owner;
	char *sysname; /* below /sys/class/block */
	char *node;    /* /dev/… */
	dev_t devnum;
	uint64_t diskseq; /* tells a disk from its successor of that name; 0 before Linux 5.15 */
	char *dm_name;    /* NULL unless it is device-mapper's */
	enum blockdev_state state;
	int error;      /* of BLOCKDEV_FAILED */
	bool announced; /* on_probed was called, on_removed is due */

	/* The tags, pointing into @tags. More than one superblock: which is meant is not known. */
	struct superblock superblocks[BLOCKDEV_SUPERBLOCKS_MAX];
	unsigned int n_superblocks;
	const char *partuuid, *partlabel, *parttype, *pttype;
	uint64_t partflags;
	unsigned int partition_number; /* 0 if it is no partition */
	dev_t partition_disk;          /* the whole disk of a partition */
	char *tags;
	size_t tags_size;

	/* A probe that is under way. */
	struct pool_job *probe;
	uint64_t probe_started_usec;
	bool changed_meanwhile;
	bool is_new; /* it is the first of a device of that name */
};

struct blockdevs_ops {
	/* A device can be used, or its content has changed. */
	void (*on_probed)(void *userdata, struct blockdev *device);
	/* A device is gone, or holds nothing any more; the last chance to look at it. */
	void (*on_removed)(void *userdata, struct blockdev *device);
};

/*
 * The registry of block devices, partitions included. @sysfs is where sysfs is mounted. What a
 * device holds is read by the pool's workers. 0 or -ENOMEM.
 */
int blockdevs_new(struct pool *pool, const char *sysfs, const struct blockdevs_ops *ops,
		  void *userdata, struct blockdevs **ret_devices);
struct blockdevs *blockdevs_free(struct blockdevs *devices);

/* Has the names read as well that udev would give a device; of those that are known, anew. */
void blockdevs_want_names(struct blockdevs *devices);

/* There is, or may be, a device: @sysname below /sys/class/block. Known ones are left alone. */
void blockdevs_add(struct blockdevs *devices, const char *sysname);

/* The kernel says that something about the device changed: its medium, its table, its content. */
void blockdevs_change(struct blockdevs *devices, const char *sysname);

void blockdevs_remove(struct blockdevs *devices, const char *sysname);

/* Removes the devices that sysfs does not know any more, for when events were lost. */
void blockdevs_reconcile(struct blockdevs *devices);

/* Whether no probe is under way. */
bool blockdevs_is_idle(const struct blockdevs *devices);

/*
 * Whether a device is being read that was not read before. One that changes again and again, or
 * comes and goes under the same name, is no news.
 */
bool blockdevs_have_news(const struct blockdevs *devices);

void blockdevs_for_each(struct blockdevs *devices,
			void (*visit)(void *userdata, struct blockdev *device), void *userdata);

/* Applies the strings of a probe's reply. Pure, for probes and tests. 0 or -ENOMEM. */
int blockdev_set_tags(struct blockdev *device, const struct worker_message *reply);

/* Whether the probe found @key with this value; those that may come more than once. Pure. */
bool blockdev_has_tag(const struct blockdev *device, const char *key, const char *value);

/* Whether one of the device's values of @key has @part in it. Pure. */
bool blockdev_has_tag_with(const struct blockdev *device, const char *key, const char *part);

/* The name that the device shall be mounted by: that of a mapping says more than its number. */
void blockdev_get_source(const struct blockdev *device,
			 char ret_source[static BLOCKDEV_SOURCE_MAX]);

/* Appends "/dev/sda1: TYPE="ext4" UUID="…"", as blkid(8) prints it, or why there is no more. */
void blockdev_describe(const struct blockdev *device, struct strbuf *buf);
