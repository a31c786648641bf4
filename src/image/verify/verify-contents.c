/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether what the command line calls the root is what / is on now, which all drivers were looked
 * up for, and whether it would be mounted as what it is. What is on another device may be a root as
 * well, which nobody here can know, but not what is no file system.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "image/host/host-contents.h"
#include "image/host/host-mounts.h"
#include "image/host/host-names.h"
#include "image/verify/configuration.h"

/* What / is on now, if that is known. */
struct root {
	char *device, *type;
};

static void root_done(struct root *root)
{
	free(root->device);
	free(root->type);
}

/* With ostree, the root that is mounted hides the file system that it is made of. */
static int read_root(struct host_reader *reader, struct root *ret_root)
{
	int r = host_mounts_get_device(reader, "/", &ret_root->device, &ret_root->type);

	return r == 0 ? host_mounts_get_device(reader, "/sysroot", &ret_root->device,
					       &ret_root->type)
		      : r;
}

/* Whether @spec names an encrypted volume that / is on. 1, 0 or -ENOMEM. */
static int is_volume_of_root(const struct configuration *configuration,
			     const struct device_spec *spec)
{
	const struct host_volume *open;
	int r = 0;

	vec_for_each(open, &configuration->verification->host->volumes) {
		if (r == 0 && open->is_essential)
			r = configuration_names_volume(configuration, spec, open);
	}
	return r;
}

/* The volume that is to get the name of the mapping that root= is; or NULL. */
static const struct crypt_volume *find_mapping(const struct configuration *configuration)
{
	const char *name = configuration->boot.root.value;
	const struct crypt_volume *volume;

	vec_for_each(volume, &configuration->volumes) {
		if (volume->name && str_equal(volume->name, name))
			return volume;
	}
	return NULL;
}

/* Whether root= is what / is on now: the device @path, NULL if there is none of that name. */
static int is_root(const struct configuration *configuration, const struct root *root,
		   const char *path)
{
	const struct crypt_volume *mapping = path ? NULL : find_mapping(configuration);

	if (path && root->device && str_equal(path, root->device))
		return 1;
	return is_volume_of_root(configuration,
				 mapping ? &mapping->device : &configuration->boot.root);
}

/* Types that udev knows and that no root is of; LUKS volumes are opened. */
static bool is_mountable(const char *type)
{
	return !str_has_suffix(type, "_member") &&
	       !str_list_has("swap,swsuspend,bcache,BitLocker,DM_integrity,DM_snapshot_cow,"
			     "DM_verity_hash",
			     type);
}

static int complain_of_root(struct configuration *configuration, const char *what)
{
	return verification_complain(configuration->verification, "root=%s of %s names %s",
				     configuration->boot.root.text, configuration->line.noun, what);
}

static int check_other_root(struct configuration *configuration, const struct root *root,
			    const char *path, const char *type, bool is_known)
{
	_cleanup_free_ char *what = NULL;

	if (path && host_contents_are_in_memory(path))
		return complain_of_root(configuration,
					"a disk in memory, which is empty when the machine starts");
	if (is_known && !type)
		return complain_of_root(configuration, "a device without a file system on it");
	if (is_known && !is_mountable(type)) {
		what = str_format("a device with %s on it, which is no file system", type);
		return what ? complain_of_root(configuration, what) : -ENOMEM;
	}
	if (!root->device)
		return 0; /* which has been told */
	return verification_doubt(configuration->verification,
				  "root=%s of %s is not what / is on now, so what it needs, and "
				  "whether it is a root, has not been looked at",
				  configuration->boot.root.text, configuration->line.noun);
}

/* Whether mount(2) takes a file system of the type @found, which is not empty, for a @listed one.
 */
static bool is_mounted_as(const char *found, const char *listed)
{
	static const struct {
		const char *found, *listed;
	} others[] = {
		{ "ext2", "ext3" }, { "ext2", "ext4" },  { "ext3", "ext2" },  { "ext3", "ext4" },
		{ "ext4", "ext3" }, { "ntfs", "ntfs3" }, { "ntfs3", "ntfs" }, { "vfat", "msdos" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (str_equal(others[i].found, found) && str_list_has(listed, others[i].listed))
			return true;
	return str_list_has(listed, "auto") || str_list_has(listed, found);
}

static int check_type(struct configuration *configuration, const char *type)
{
	const char *listed = configuration->boot.rootfstype;

	if (!listed || !type || str_equal(type, "crypto_LUKS") || is_mounted_as(type, listed))
		return 0;
	return verification_complain(configuration->verification,
				     "rootfstype=%s of %s leaves out %s, which the root file "
				     "system is",
				     listed, configuration->line.noun, type);
}

static int check_device(struct configuration *configuration, const struct root *root,
			const char *path)
{
	_cleanup_free_ char *type = NULL;
	int is_known = path ? host_contents_find(configuration->reader, path, &type) : 0;
	int r = is_known < 0 ? is_known : is_root(configuration, root, path);

	if (r < 0)
		return r;
	configuration->is_root_here = r > 0;
	if (r > 0)
		return check_type(configuration, root->type);
	r = check_other_root(configuration, root, path, type, is_known);
	return r < 0 || !type || !is_mountable(type) ? r : check_type(configuration, type);
}

/*
 * A mapping is there only once it has been opened; that nothing opens it, and the absence of
 * others, is told elsewhere.
 */
static int check_named_root(struct configuration *configuration, const struct root *root)
{
	_cleanup_free_ char *path = NULL;
	const struct device_spec *spec = &configuration->boot.root;
	int r = host_names_find(configuration->reader, spec->text, &path);

	if (r == -ENOMEM)
		return r;
	if (r < 0 && (spec->kind != DEVICE_SPEC_MAPPER || !find_mapping(configuration)))
		return 0;
	return check_device(configuration, root, path);
}

int verify_contents(struct configuration *configuration)
{
	enum device_spec_kind kind = configuration->boot.root.kind;
	_cleanup_(root_done) struct root root = { 0 };
	int r = read_root(configuration->reader, &root);

	if (r < 0)
		return r;
	if (kind == DEVICE_SPEC_VIRTIOFS || kind == DEVICE_SPEC_9P)
		return 0;
	if (kind == DEVICE_SPEC_NONE || kind == DEVICE_SPEC_GPT_AUTO)
		return check_type(configuration, root.type);
	return check_named_root(configuration, &root);
}
