/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stack of block devices: from one that holds a file system through partitions, mapped volumes,
 * arrays, caches, loop devices and NVMe multipath down to disks, whose drivers are host-chain.c's.
 */
#include "image/host/host-block.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/host/host-chain.h"
#include "image/host/host-mounts.h"
#include "image/host/host-needs.h"
#include "image/host/host-sysfs.h"
#include "image/host/host-volume.h"

#define NVME_SUBSYSTEM "devices/virtual/nvme-subsystem/"

/* All that goes on during one host_block_add(). */
struct walk {
	struct host_reader *reader;
	const struct host_goal *goal;
	struct vec pending; /* char *: paths of block devices */
};

static void walk_done(struct walk *walk)
{
	vec_done(&walk->pending, free);
}

static int push_path(struct walk *walk, char *path)
{
	int r = path ? vec_push(&walk->pending, path) : -ENOMEM;

	if (r < 0)
		free(path);
	return r;
}

static int add_array(const struct walk *walk, const char *path)
{
	const char *name = str_basename(path);
	_cleanup_free_ char *alias = NULL;
	char level[HOST_ATTRIBUTE_MAX];
	int r;

	r = host_add_layer(walk->reader->host, walk->goal, HOST_LAYER_MD, name, path);
	if (r < 0)
		return r;
	if (host_sysfs_read(walk->reader, path, "md/level", level) <= 0)
		return host_add_gap(walk->reader->host, walk->goal->is_essential,
				    "%s is on the array %s, whose level is not known",
				    walk->goal->what, name);
	alias = str_format("md-%s", level);
	if (!alias)
		return -ENOMEM;
	r = host_add_need(walk->reader->host, HOST_NEED_MODULE, "md_mod", NULL,
			  walk->goal->is_essential, "%s is on the array %s", walk->goal->what,
			  name);
	return r < 0 ? r
		     : host_add_need(walk->reader->host, HOST_NEED_ALIAS, alias, NULL,
				     walk->goal->is_essential, "%s is on the array %s (%s)",
				     walk->goal->what, name, level);
}

/* A file, which is on a file system, which is on devices of its own. */
static int add_loop(const struct walk *walk, const char *path)
{
	const char *name = str_basename(path);
	char file[HOST_ATTRIBUTE_MAX];
	int r;

	r = host_add_layer(walk->reader->host, walk->goal, HOST_LAYER_LOOP, name, path);
	if (r >= 0)
		r = host_add_need(walk->reader->host, HOST_NEED_MODULE, "loop", NULL,
				  walk->goal->is_essential, "%s is on the loop device %s",
				  walk->goal->what, name);
	if (r < 0)
		return r;
	if (host_sysfs_read(walk->reader, path, "loop/backing_file", file) <= 0)
		return host_add_gap(walk->reader->host, walk->goal->is_essential,
				    "%s is on the loop device %s, whose file is not known",
				    walk->goal->what, name);
	return host_mounts_add_file(walk->reader, file, walk->goal);
}

static int add_disk(const struct walk *walk, const char *path)
{
	_cleanup_free_ char *parent = host_chain_parent(path), *what = NULL;

	what = str_format("the disk %s of %s", str_basename(path), walk->goal->what);
	if (!parent || !what)
		return -ENOMEM;
	/* An iSCSI session is no device of the adapter that it goes over. */
	if (strstr(path, "/session")) {
		int r = host_add_layer(walk->reader->host, walk->goal, HOST_LAYER_NETWORK,
				       str_basename(path), path);

		if (r < 0)
			return r;
	}
	return host_chain_add(walk->reader, parent, what, walk->goal->is_essential);
}

static void cleanup_paths(struct vec *paths)
{
	vec_done(paths, free);
}

/* The disk that all paths of an NVMe subsystem lead to: its controllers are links beside it. */
static int add_nvme_paths(const struct walk *walk, const char *path)
{
	_cleanup_free_ char *subsystem = host_chain_parent(path), *what = NULL;
	_cleanup_(cleanup_paths) struct vec controllers = { 0 };
	const char *controller;
	int r;

	what = str_format("the disk %s of %s", str_basename(path), walk->goal->what);
	if (!subsystem || !what)
		return -ENOMEM;
	r = host_sysfs_follow_all(walk->reader, subsystem, "nvme", &controllers);
	vec_for_each(controller, &controllers) {
		if (r >= 0)
			r = host_chain_add(walk->reader, controller, what,
					   walk->goal->is_essential);
	}
	return r;
}

static int add_cached(const struct walk *walk, const char *path)
{
	const char *name = str_basename(path);
	int r = host_add_layer(walk->reader->host, walk->goal, HOST_LAYER_BCACHE, name, path);

	return r < 0 ? r
		     : host_add_need(walk->reader->host, HOST_NEED_MODULE, "bcache", NULL,
				     walk->goal->is_essential, "%s is on the cached disk %s",
				     walk->goal->what, name);
}

static int add_partition(struct walk *walk, const char *path)
{
	int r = host_add_layer(walk->reader->host, walk->goal, HOST_LAYER_PARTITION,
			       str_basename(path), path);

	return r < 0 ? r : push_path(walk, host_chain_parent(path));
}

/* A disk without hardware, such as nbd0. */
static int add_virtual(const struct walk *walk, const char *path, const struct vec *below)
{
	const char *name = str_basename(path);

	if (str_after_prefix(name, "bcache"))
		return add_cached(walk, path);
	if (str_after_prefix(name, "nbd"))
		return host_add_layer(walk->reader->host, walk->goal, HOST_LAYER_NETWORK, name,
				      path);
	if (below->n_items)
		return 0;
	return host_add_gap(walk->reader->host, walk->goal->is_essential,
			    "%s is on %s, a disk without hardware, so what that needs is not known",
			    walk->goal->what, name);
}

/* What @path itself is, as opposed to what is @below it. */
static int add_layer(struct walk *walk, const char *path, const struct vec *below)
{
	if (host_sysfs_has(walk->reader, path, "partition"))
		return add_partition(walk, path);
	if (host_sysfs_has(walk->reader, path, "dm"))
		return host_volume_add(walk->reader, path, below, walk->goal);
	if (host_sysfs_has(walk->reader, path, "md"))
		return add_array(walk, path);
	if (host_sysfs_has(walk->reader, path, "loop"))
		return add_loop(walk, path);
	if (str_after_prefix(path, NVME_SUBSYSTEM))
		return add_nvme_paths(walk, path);
	if (str_after_prefix(path, "devices/virtual/"))
		return add_virtual(walk, path, below);
	return add_disk(walk, path);
}

static int add_device(struct walk *walk, const char *path)
{
	_cleanup_(cleanup_paths) struct vec below = { 0 };
	_cleanup_free_ char *slaves = str_format("%s/slaves", path);
	int r;

	r = slaves ? host_reader_visit(walk->reader, path, walk->goal->is_essential) : -ENOMEM;
	if (r <= 0)
		return r;
	r = host_sysfs_follow_all(walk->reader, slaves, "", &below);
	if (r >= 0)
		r = add_layer(walk, path, &below);
	while (r >= 0 && below.n_items)
		r = push_path(walk, below.items[--below.n_items]);
	return r;
}

static int run_walk(struct walk *walk)
{
	int r = 0;

	while (r >= 0 && walk->pending.n_items > 0) {
		_cleanup_free_ char *path = walk->pending.items[--walk->pending.n_items];

		r = add_device(walk, path);
	}
	return r;
}

int host_block_add(struct host_reader *reader, const char *path, const struct host_goal *goal)
{
	_cleanup_(walk_done) struct walk walk = { .reader = reader, .goal = goal };
	int r = push_path(&walk, strdup(path));

	return r < 0 ? r : run_walk(&walk);
}

/* In sysfs each btrfs, by its UUID, has a directory of links to its devices. */
int host_block_add_btrfs(struct host_reader *reader, const char *path, const struct host_goal *goal)
{
	_cleanup_(walk_done) struct walk walk = { .reader = reader, .goal = goal };
	struct vec names;
	const char *name;
	int r;

	r = host_sysfs_list(reader, "fs/btrfs", "", &names);
	if (r < 0)
		return r;
	vec_for_each(name, &names) {
		_cleanup_free_ char *devices = str_format("fs/btrfs/%s/devices", name);

		r = devices ? 0 : -ENOMEM;
		if (r >= 0 && host_sysfs_has(reader, devices, str_basename(path)))
			r = host_sysfs_follow_all(reader, devices, "", &walk.pending);
		if (r < 0)
			break;
	}
	vec_done(&names, free);
	if (r >= 0 && walk.pending.n_items > 1)
		r = host_add_layer(reader->host, goal, HOST_LAYER_SEVERAL, str_basename(path),
				   path);
	if (r >= 0)
		r = push_path(&walk, strdup(path));
	return r < 0 ? r : run_walk(&walk);
}
