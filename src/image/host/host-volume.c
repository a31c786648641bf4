/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What device-mapper makes: encrypted and logical volumes, multipath.
 *
 * sysfs names the devices below a mapped volume, but not what maps them. That is told by the prefix
 * of its UUID, by which the programs that set volumes up recognise their own, and for LVM by how
 * the hidden volumes below it are called.
 */
#include "image/host/host-volume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/host/host-needs.h"
#include "image/host/host-sysfs.h"

#define UUID_DIGITS 32

/* The mapped volume at hand. */
struct volume {
	struct host_reader *reader;
	const struct host_goal *goal;
	const char *name, *uuid, *path;
	const struct vec *below;
};

/* What makes a mapped volume, by the prefix of its UUID or of the name of one below it. */
struct mapping {
	const char *pattern;
	const char *targets; /* separated by commas */
	enum host_layer_kind kind;
};

static const struct mapping mappings[] = {
	{ "CRYPT-LUKS", "crypt", HOST_LAYER_LUKS },
	{ "CRYPT-INTEGRITY-", "integrity", HOST_LAYER_MAPPING },
	{ "CRYPT-SUBDEV-", "integrity", HOST_LAYER_LUKS }, /* of one with a header */
	{ "CRYPT-VERITY-", "verity", HOST_LAYER_MAPPING },
	{ "CRYPT-", "crypt", HOST_LAYER_CRYPT },
	{ "DMRAID-", "raid,mirror,striped", HOST_LAYER_MAPPING },
	{ "VDO-", "vdo", HOST_LAYER_MAPPING },
	{ "mpath-", "multipath", HOST_LAYER_MULTIPATH },
	{ "part", "linear", HOST_LAYER_MAPPING }, /* kpartx(8) */
	{ "stratis-", "thin,thin-pool,cache,linear", HOST_LAYER_MAPPING },
};

/* lvm2, lib/misc/lvm-string.c: what the hidden parts of a volume are called. */
static const struct {
	const char *pattern, *targets;
} lvm_parts[] = {
	{ "_cdata", "cache" },     { "_cmeta", "cache" },
	{ "_corig", "cache" },     { "_cvol", "cache,writecache" },
	{ "-cow", "snapshot" },    { "-real", "snapshot-origin" },
	{ "_imeta", "integrity" }, { "_iorig", "integrity" },
	{ "_mimage", "mirror" },   { "_mlog", "mirror" },
	{ "_rimage", "raid" },     { "_rmeta", "raid" },
	{ "_tdata", "thin-pool" }, { "_tmeta", "thin-pool" },
	{ "-tpool", "thin" },      { "_vdata", "vdo" },
	{ "-vpool", "vdo" },       { "_wcorig", "writecache" },
};

static int add_targets(const struct volume *volume, const char *targets)
{
	const char *item;
	size_t size;

	while ((item = str_next_item(&targets, &size))) {
		_cleanup_free_ char *target = strndup(item, size);
		int r;

		if (!target)
			return -ENOMEM;
		r = host_add_need(volume->reader->host, HOST_NEED_DM_TARGET, target, NULL,
				  volume->goal->is_essential, "%s is on the mapped volume %s",
				  volume->goal->what, volume->name);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "root_rimage_0" and "root_cdata-real" are parts, and "root_rimages" is not. */
static bool is_part(const char *name, const char *pattern)
{
	while ((name = strstr(name, pattern))) {
		name += strlen(pattern);
		if (!*name || *name == '_' || *name == '-')
			return true;
	}
	return false;
}

static int add_lvm_part(const struct volume *volume, const char *path)
{
	char name[HOST_ATTRIBUTE_MAX];
	int r = 0;

	(void)host_sysfs_read(volume->reader, path, "dm/name", name);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(lvm_parts); i++)
		if (is_part(name, lvm_parts[i].pattern))
			r = add_targets(volume, lvm_parts[i].targets);
	return r;
}

static int add_lvm(const struct volume *volume)
{
	int r = host_add_layer(volume->reader->host, volume->goal, HOST_LAYER_LVM, volume->name,
			       volume->path);
	const char *path;

	if (r >= 0)
		r = add_targets(volume, "linear,striped");
	vec_for_each(path, volume->below) {
		if (r < 0)
			break;
		r = add_lvm_part(volume, path);
	}
	return r;
}

/*
 * sysfs does not know the cipher of a volume. The first is the default of cryptsetup since 2013,
 * that with CBC the one before. The others are those that users choose, so that a volume that has
 * one of them is not locked out.
 */
int host_volume_add_luks_ciphers(struct host_reader *reader, const char *name, bool is_essential)
{
	static const char *const others[] = {
		"aes-cbc-essiv:sha256",
		"camellia-xts-plain64",
		"serpent-xts-plain64",
		"twofish-xts-plain64",
		"xchacha12,aes-adiantum-plain64",
		"xchacha20,aes-adiantum-plain64",
	};
	int r;

	r = host_add_need(reader->host, HOST_NEED_CIPHER, "aes-xts-plain64", NULL, is_essential,
			  "the default cipher of encrypted volumes such as %s", name);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(others); i++)
		r = host_add_need(reader->host, HOST_NEED_CIPHER, others[i], NULL, false,
				  "a cipher that encrypted volumes such as %s may have", name);
	return r;
}

/* Of "CRYPT-LUKS2-", a UUID without its dashes, and "-root"; NULL if it is not so, or no memory. */
static char *make_header_uuid(const char *mapping_uuid)
{
	const char *digits = str_after_prefix(mapping_uuid, "CRYPT-LUKS");

	digits = digits ? strchr(digits, '-') : NULL;
	if (!digits || strspn(++digits, "0123456789abcdef") != UUID_DIGITS)
		return NULL;
	return str_format("%.8s-%.4s-%.4s-%.4s-%.12s", digits, digits + 8, digits + 12, digits + 16,
			  digits + 20);
}

/* One that has to be opened. */
static int add_encrypted(const struct volume *volume, bool is_luks)
{
	struct host_reader *reader = volume->reader;
	_cleanup_free_ char *uuid = make_header_uuid(volume->uuid);
	const char *device = volume->below->n_items > 0 ? volume->below->items[0] : NULL;
	int r = host_add_volume(reader->host, volume->goal, volume->name, uuid, device);

	return r < 0 || !is_luks ? r
				 : host_volume_add_luks_ciphers(reader, volume->name,
								volume->goal->is_essential);
}

static int add_known(const struct volume *volume, const struct mapping *mapping)
{
	bool is_luks = mapping->kind == HOST_LAYER_LUKS;
	int r = add_targets(volume, mapping->targets);

	if (r >= 0)
		r = host_add_layer(volume->reader->host, volume->goal, mapping->kind, volume->name,
				   volume->path);
	if (r >= 0 && str_equal(mapping->targets, "crypt"))
		r = add_encrypted(volume, is_luks);
	return r;
}

int host_volume_add(struct host_reader *reader, const char *path, const struct vec *below,
		    const struct host_goal *goal)
{
	char uuid[HOST_ATTRIBUTE_MAX], name[HOST_ATTRIBUTE_MAX];
	const struct volume volume = { reader, goal, name, uuid, path, below };

	(void)host_sysfs_read(reader, path, "dm/uuid", uuid);
	if (host_sysfs_read(reader, path, "dm/name", name) <= 0)
		(void)snprintf(name, sizeof(name), "%s", str_basename(path));
	if (str_after_prefix(uuid, "LVM-"))
		return add_lvm(&volume);
	for (size_t i = 0; i < ARRAY_SIZE(mappings); i++)
		if (str_after_prefix(uuid, mappings[i].pattern))
			return add_known(&volume, &mappings[i]);
	return host_add_gap(reader->host, goal->is_essential,
			    "%s is on the mapped volume %s, whose UUID \"%s\" does not tell what "
			    "kind it is; a module that it needs may have to be added by name",
			    goal->what, name, uuid);
}
