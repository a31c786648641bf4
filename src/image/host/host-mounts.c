/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * File systems: what is mounted (proc_pid_mountinfo(5)), its type, and its devices. Those with one
 * device are found by its number. The number of btrfs, bcachefs and their like is made up, so what
 * counts there is the device that was given to mount(2).
 */
#include "image/host/host-mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/fields.h"
#include "image/host/host-block.h"
#include "image/host/host-names.h"
#include "image/host/host-needs.h"
#include "image/host/host-sysfs.h"

/* One line of mountinfo; the strings are parts of @line. */
struct mount {
	char *line;
	const char *number; /* "8:1" */
	const char *root;   /* what of the file system is mounted: "/", "/@" */
	const char *path;
	const char *type;
	const char *source;
};

static void mount_done(struct mount *mount)
{
	free(mount->line);
	*mount = (struct mount){ 0 };
}

/* 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue */
static int parse_mount(const char *text, size_t size, struct mount *ret_mount)
{
	struct mount mount = { .line = strndup(text, size) };
	char *rest = mount.line, *path, *source;

	if (!mount.line)
		return -ENOMEM;
	(void)strsep(&rest, " ");
	(void)strsep(&rest, " ");
	mount.number = strsep(&rest, " ");
	mount.root = strsep(&rest, " ");
	mount.path = path = strsep(&rest, " ");
	rest = rest ? strstr(rest, " - ") : NULL;
	rest = rest ? rest + strlen(" - ") : NULL;
	mount.type = strsep(&rest, " ");
	mount.source = source = strsep(&rest, " ");
	if (!source) {
		mount_done(&mount);
		return -EINVAL;
	}
	fields_unescape_octal(path);
	fields_unescape_octal(source);
	*ret_mount = mount;
	return 0;
}

/* How much of @path the mount point covers; -1 if it does not. */
static ssize_t match_mount_point(const char *mount_point, const char *path)
{
	const char *rest = str_after_prefix(path, mount_point);

	if (str_equal(mount_point, "/"))
		return 0;
	return rest && (!*rest || *rest == '/') ? rest - path : -1;
}

/* The mount that @path, by the names of @mountinfo, is on; of two the upper one. */
static int find_mount(const char *mountinfo, const char *path, struct mount *ret_mount)
{
	const char *line = mountinfo ? mountinfo : "";
	struct mount best = { 0 };
	ssize_t best_size = 0;

	for (size_t size; *line; line += size + (line[size] == '\n')) {
		_cleanup_(mount_done) struct mount mount = { 0 };
		ssize_t match;
		int r;

		size = strcspn(line, "\n");
		r = parse_mount(line, size, &mount);
		if (r == -ENOMEM) {
			mount_done(&best);
			return r;
		}
		match = r < 0 ? -1 : match_mount_point(mount.path, path);
		if (match < best_size)
			continue;
		mount_done(&best);
		best = mount;
		best_size = match;
		mount = (struct mount){ 0 };
	}
	*ret_mount = best;
	return best.line ? 0 : -ENOENT;
}

/* Types that say nothing about what is below: the root of a container or of a live medium. */
static bool hides_devices(const char *type)
{
	return str_list_has("aufs,overlay,ramfs,rootfs,tmpfs", type) ||
	       str_after_prefix(type, "fuse");
}

/* Those of a list "ext4,btrfs"; "auto" and its like are no type. */
static int add_types(struct host_reader *reader, const char *types, const struct host_goal *goal)
{
	const char *item;
	size_t size;

	while ((item = str_next_item(&types, &size))) {
		_cleanup_free_ char *type = strndup(item, size);
		bool is_type;
		int r;

		if (!type)
			return -ENOMEM;
		is_type = size > 0 && !str_list_has("auto,none,bind,swap", type);
		r = is_type ? host_add_need(reader->host, HOST_NEED_FILESYSTEM, type, NULL,
					    goal->is_essential, "%s is an %s file system",
					    goal->what, type)
			    : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_device(struct host_reader *reader, const char *spec, const char *type,
		      const struct host_goal *goal)
{
	_cleanup_free_ char *path = NULL;
	int r = host_names_find(reader, spec, &path);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = str_equal(type, "btrfs") ? host_block_add_btrfs(reader, path, goal)
				     : host_block_add(reader, path, goal);
	return r < 0 ? r : 1;
}

/* bcachefs lists all of its devices, "/dev/sda:/dev/sdb". */
static int add_devices(struct host_reader *reader, const char *specs, const char *type,
		       const struct host_goal *goal)
{
	_cleanup_free_ char *copy = strdup(specs);
	char *rest = copy, *spec;
	int found = 0;

	if (!copy)
		return -ENOMEM;
	if (!strstr(specs, ":/dev/"))
		return add_device(reader, specs, type, goal);
	found = host_add_layer(reader->host, goal, HOST_LAYER_SEVERAL, specs, NULL);
	if (found < 0)
		return found;
	while ((spec = strsep(&rest, ":"))) {
		int r = add_device(reader, spec, type, goal);

		if (r < 0)
			return r;
		found |= r;
	}
	return found;
}

/* What a virtual machine's host serves by a tag: no block device, and virtio is always packed. */
static bool is_without_device(const char *type)
{
	return str_equal(type, "virtiofs") || str_equal(type, "9p");
}

int host_mounts_add_spec(struct host_reader *reader, const char *spec, const char *type,
			 const struct host_goal *goal)
{
	int r = add_types(reader, type, goal);

	if (r >= 0 && is_without_device(type))
		return 1;
	return r < 0 ? r : add_devices(reader, spec, type, goal);
}

/* By its number, and if that is made up, by what was mounted. */
static int add_mount_devices(struct host_reader *reader, const struct mount *mount,
			     const struct host_goal *goal)
{
	if (str_after_prefix(mount->number, "0:"))
		return add_devices(reader, mount->source, mount->type, goal);
	return add_device(reader, mount->number, mount->type, goal);
}

/* Types of file systems that are on no block device of this machine, or do not say on which. */
static bool find_no_device(const char *type, enum host_layer_kind *ret_kind)
{
	static const struct {
		const char *type;
		enum host_layer_kind kind;
	} types[] = {
		{ "afs", HOST_LAYER_NETWORK },  { "ceph", HOST_LAYER_NETWORK },
		{ "cifs", HOST_LAYER_NETWORK }, { "nfs", HOST_LAYER_NETWORK },
		{ "nfs4", HOST_LAYER_NETWORK }, { "smb3", HOST_LAYER_NETWORK },
		{ "zfs", HOST_LAYER_ZFS },
	};

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		*ret_kind = types[i].kind;
		if (str_equal(types[i].type, type))
			return true;
	}
	return false;
}

static int add_mount(struct host_reader *reader, const struct mount *mount,
		     const struct host_goal *goal)
{
	enum host_layer_kind kind;
	int r;

	if (hides_devices(mount->type)) {
		r = host_add_gap(reader->host, goal->is_essential,
				 "%s is mounted as %s here, which does not tell what it is on "
				 "when the machine starts",
				 goal->what, mount->type);
		return r < 0 ? r : 0;
	}
	r = add_types(reader, mount->type, goal);
	if (r >= 0 && is_without_device(mount->type))
		return 1;
	if (r >= 0 && find_no_device(mount->type, &kind)) {
		r = host_add_layer(reader->host, goal, kind, mount->source, NULL);
		return r < 0 ? r : 1;
	}
	if (r >= 0)
		r = add_mount_devices(reader, mount, goal);
	if (r != 0)
		return r;
	return reader->host->has_sysfs
		       ? host_add_gap(reader->host, goal->is_essential,
				      "%s is mounted from %s, whose devices sysfs does not list",
				      goal->what, mount->source)
		       : 0;
}

/* What is mounted at just this @path of the sysroot. -ENOENT if nothing is, -ENOMEM. */
static int get_mount(const struct host_reader *reader, const char *path, struct mount *ret_mount)
{
	_cleanup_free_ char *full = NULL;
	int r;

	if (*reader->mountinfo_root && str_equal(path, "/"))
		path = "";
	full = str_format("%s%s", reader->mountinfo_root, path);
	if (!full)
		return -ENOMEM;
	r = find_mount(reader->mountinfo, full, ret_mount);
	if (r >= 0 && !str_equal(ret_mount->path, full)) {
		mount_done(ret_mount);
		r = -ENOENT;
	}
	return r;
}

int host_mounts_add(struct host_reader *reader, const char *path, const struct host_goal *goal)
{
	_cleanup_(mount_done) struct mount mount = { 0 };
	int r = get_mount(reader, path, &mount);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	return add_mount(reader, &mount, goal);
}

int host_mounts_add_file(struct host_reader *reader, const char *path, const struct host_goal *goal)
{
	_cleanup_(mount_done) struct mount mount = { 0 };
	int r = find_mount(reader->mountinfo, path, &mount);

	if (r == -ENOENT)
		return host_add_gap(reader->host, goal->is_essential,
				    "%s is in a file, of which it is not known what it is on",
				    goal->what);
	if (r >= 0)
		r = add_mount(reader, &mount, goal);
	return r < 0 ? r : 0;
}

/* Below /sys, by its number, and if that is made up, by what was mounted. 1, 0 or -ENOMEM. */
static int find_device(struct host_reader *reader, const struct mount *mount, char **ret_device)
{
	bool is_made_up = str_after_prefix(mount->number, "0:");
	int r = host_names_find(reader, is_made_up ? mount->source : mount->number, ret_device);

	return r >= 0 ? 1 : r == -ENOMEM ? r : 0;
}

int host_mounts_get_device(struct host_reader *reader, const char *path, char **ret_device,
			   char **ret_type)
{
	_cleanup_(mount_done) struct mount mount = { 0 };
	_cleanup_free_ char *device = NULL;
	int r = get_mount(reader, path, &mount);

	if (r >= 0)
		r = find_device(reader, &mount, &device);
	if (r <= 0)
		return r == -ENOMEM ? r : 0;
	*ret_type = strdup(mount.type);
	*ret_device = *ret_type ? TAKE_PTR(device) : NULL;
	return *ret_type ? 1 : -ENOMEM;
}

int host_mounts_find_type(struct host_reader *reader, const char *device, char **ret_type)
{
	const char *line = reader->mountinfo ? reader->mountinfo : "";

	for (size_t size; *line; line += size + (line[size] == '\n')) {
		_cleanup_(mount_done) struct mount mount = { 0 };
		_cleanup_free_ char *found = NULL;
		int r;

		size = strcspn(line, "\n");
		r = parse_mount(line, size, &mount);
		if (r >= 0)
			r = find_device(reader, &mount, &found);
		if (r == -ENOMEM)
			return r;
		if (r > 0 && str_equal(found, device)) {
			*ret_type = strdup(mount.type);
			return *ret_type ? 1 : -ENOMEM;
		}
	}
	return 0;
}

int host_mounts_is_root_of_init(const struct host_reader *reader)
{
	_cleanup_(mount_done) struct mount own = { 0 }, of_init = { 0 };
	_cleanup_free_ char *mountinfo = NULL;
	int r = host_reader_read_file(reader, "/proc/1/mountinfo", &mountinfo);

	if (r >= 0)
		r = find_mount(mountinfo, "/", &of_init);
	if (r < 0 || !reader->mountinfo)
		return r == -ENOMEM ? r : 1;
	r = get_mount(reader, "/", &own);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	return str_equal(own.number, of_init.number) && str_equal(own.root, of_init.root);
}
