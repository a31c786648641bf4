/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what stands on one block device, with libblkid. Here and not in PID 1, because reading
 * blocks for as long as the disk likes, and because what is parsed may be hostile.
 */
#include "init/worker.h"

#include <blkid/blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/cdrom.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "init/disk-names.h"

#define _cleanup_probe_ _cleanup_(cleanup_probe)

static void cleanup_probe(blkid_probe *probe)
{
	blkid_free_probe(*probe);
}

static int add_value(struct worker_message *reply, const char *key, const char *value)
{
	char string[512];

	if (snprintf(string, sizeof(string), "%s=%s", key, value) >= (int)sizeof(string))
		return 0; /* longer than any real label; such a tag is nothing to look for */
	return worker_message_add(reply, string);
}

/* Copies libblkid's value @from, if there is one, under the name @to. */
static int copy_value(blkid_probe probe, const char *from, const char *to,
		      struct worker_message *reply)
{
	const char *value;

	if (blkid_probe_lookup_value(probe, from, &value, NULL) < 0)
		return 0;
	return add_value(reply, to, value);
}

/* TYPE comes first: it begins the description of another superblock. */
static int copy_superblock(blkid_probe probe, struct worker_message *reply)
{
	static const char *const keys[] = { "TYPE", "UUID", "LABEL" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && r >= 0; i++)
		r = copy_value(probe, keys[i], keys[i], reply);
	return r;
}

static int copy_partition(blkid_probe probe, struct worker_message *reply)
{
	static const struct {
		const char *from, *to;
	} keys[] = {
		{ "PTTYPE", "PTTYPE" },
		{ "PART_ENTRY_UUID", "PARTUUID" },
		{ "PART_ENTRY_NAME", "PARTLABEL" },
		{ "PART_ENTRY_TYPE", "PARTTYPE" },
		{ "PART_ENTRY_FLAGS", "PARTFLAGS" },
		{ "PART_ENTRY_NUMBER", "PARTN" },
		{ "PART_ENTRY_DISK", "PARTDISK" },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(keys) && r >= 0; i++)
		r = copy_value(probe, keys[i].from, keys[i].to, reply);
	return r;
}

static void enable_superblocks(blkid_probe probe)
{
	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE |
							 BLKID_SUBLKS_UUID | BLKID_SUBLKS_LABEL);
}

static void enable_partitions(blkid_probe probe)
{
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_ENTRY_DETAILS);
}

/* Lists every superblock of a device where libblkid cannot say which one is meant. */
static int copy_ambivalent(blkid_probe probe, struct worker_message *reply)
{
	int r = 0;

	blkid_reset_probe(probe);
	blkid_probe_enable_partitions(probe, 0);
	while (r >= 0 && blkid_do_probe(probe) == 0)
		r = copy_superblock(probe, reply);

	blkid_reset_probe(probe);
	blkid_probe_enable_superblocks(probe, 0);
	enable_partitions(probe);
	if (r >= 0 && blkid_do_safeprobe(probe) == 0)
		r = copy_partition(probe, reply);
	return r;
}

/* Reading from an optical drive without a disc takes long and fills the kernel's log. */
static bool lacks_medium(int fd)
{
	switch (ioctl(fd, CDROM_DRIVE_STATUS, CDSL_CURRENT)) {
	case CDS_NO_DISC:
	case CDS_TRAY_OPEN:
	case CDS_DRIVE_NOT_READY:
		return true;
	}
	return false; /* a disc, or no optical drive at all */
}

static int probe_content(const char *node, struct worker_message *reply)
{
	_cleanup_probe_ blkid_probe probe = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	/* O_NONBLOCK: an optical drive without a disc must not wait for one. */
	fd = open(node, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (lacks_medium(fd))
		return -ENOMEDIUM;
	errno = 0;
	probe = blkid_new_probe();
	if (!probe || blkid_probe_set_device(probe, fd, 0, 0) < 0)
		return errno ? -errno : -ENOMEM;
	enable_superblocks(probe);
	enable_partitions(probe);

	errno = 0;
	r = blkid_do_safeprobe(probe);
	if (r == -2)
		return copy_ambivalent(probe, reply);
	if (r < 0)
		return errno ? -errno : -EIO;
	if (r == 1)
		return 0;
	r = copy_superblock(probe, reply);
	return r < 0 ? r : copy_partition(probe, reply);
}

int worker_probe(const struct worker_message *request, struct worker_message *reply)
{
	const char *node = worker_message_get(request, 0);
	int r = probe_content(node, reply);

	if (r < 0 || !(request->number & WORKER_PROBE_NAMES))
		return r;
	return disk_names_add("/sys", node, reply);
}
