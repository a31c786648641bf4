/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the block devices is the root. All devices are looked at each time, because what one of
 * them is may depend on another: a partition on the disk that was booted from, one that is counted
 * from another, a mapping on the device that root= names.
 *
 * Of devices that fit, those that another one is built on do not count: multipath, a mirror with
 * its superblock at the end, a partition that begins where its disk does. If more than one is left,
 * none is taken, unless rd.root.duplicates=boot-disk and one is on the disk that was booted from.
 */
#include "init/root-search.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "config/discoverable-partitions.h"
#include "init/blockdev.h"
#include "init/layers.h"
#include "init/match.h"

struct root_search {
	struct blockdevs *devices;
	const struct boot_config *config;
	char *sysfs;
	const struct device_spec *spec;
	struct device_spec gpt_auto; /* where root= is not given */
	char *mapping;               /* NULL: the root is not in a volume that root= names */
	char *boot_partition;        /* NULL until it is known */

	/* Of the last run. */
	struct vec fitting; /* struct blockdev *, devices that none of the others is built on */
	dev_t boot_disk;    /* 0 if it is not there */
	bool is_read_only;
};

int root_search_new(struct blockdevs *devices, const char *sysfs, const struct boot_config *config,
		    struct root_search **ret_search)
{
	struct root_search *search = calloc(1, sizeof(*search));

	if (!search)
		return -ENOMEM;
	search->devices = devices;
	search->config = config;
	search->sysfs = strdup(sysfs);
	search->gpt_auto.kind = DEVICE_SPEC_GPT_AUTO;
	search->spec = config->root_is_given ? &config->root : &search->gpt_auto;
	if (!search->sysfs) {
		free(search);
		return -ENOMEM;
	}
	*ret_search = search;
	return 0;
}

struct root_search *root_search_free(struct root_search *search)
{
	if (search) {
		vec_done(&search->fitting, NULL);
		free(search->boot_partition);
		free(search->mapping);
		free(search->sysfs);
		free(search);
	}
	return NULL;
}

bool root_search_wants_boot_partition(const struct root_search *search)
{
	return search->spec->kind == DEVICE_SPEC_GPT_AUTO ||
	       search->config->root_duplicates == ROOT_DUPLICATES_BOOT_DISK;
}

void root_search_set_boot_partition(struct root_search *search, const char *partuuid)
{
	free(search->boot_partition);
	search->boot_partition = strdup(partuuid);
}

int root_search_set_mapping(struct root_search *search, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(search->mapping);
	search->mapping = copy;
	return 0;
}

const char *root_search_get_mapping(const struct root_search *search)
{
	return search->mapping;
}

bool root_search_fall_back(struct root_search *search)
{
	const struct device_spec *fallback = &search->config->root_fallback;

	if (fallback->kind == DEVICE_SPEC_NONE || search->spec == fallback)
		return false;
	search->spec = fallback;
	free(search->mapping);
	search->mapping = NULL;
	return true;
}

void root_search_device_removed(struct root_search *search, const struct blockdev *device)
{
	for (size_t i = 0; i < search->fitting.n_items; i++)
		if (search->fitting.items[i] == device)
			search->fitting.items[i--] =
				search->fitting.items[--search->fitting.n_items];
}

/* --- which devices fit --- */

static void find_boot_disk(void *userdata, struct blockdev *device)
{
	struct root_search *search = userdata;

	if (*search->boot_partition && strcasecmp(device->partuuid, search->boot_partition) == 0)
		search->boot_disk = device->partition_disk;
}

/* If the firmware says which disk was booted from, the root is on that one. */
static bool is_gpt_root(const struct root_search *search, const struct blockdev *device)
{
	return *device->parttype && strcasecmp(device->parttype, GPT_ROOT_TYPE) == 0 &&
	       !(device->partflags & GPT_FLAG_NO_AUTO) &&
	       (!*search->boot_partition || device->partition_disk == search->boot_disk);
}

static bool fits(const struct root_search *search, const struct blockdev *device)
{
	if (device->state != BLOCKDEV_PROBED)
		return false;
	if (search->mapping && device->dm_name && str_equal(device->dm_name, search->mapping))
		return true;
	if (search->spec->kind == DEVICE_SPEC_GPT_AUTO)
		return is_gpt_root(search, device);
	return match_device(device, search->spec, search->config->rootfstype);
}

static bool is_built_on(const struct root_search *search, const struct blockdev *upper,
			const struct blockdev *lower)
{
	return layers_is_built_on(search->sysfs, upper->sysname, lower->sysname);
}

/* Takes out those that others are built on, and with @device the one that it is built on. */
static void drop_lower(struct root_search *search, const struct blockdev *device)
{
	size_t n_kept = 0;
	struct blockdev *other;

	vec_for_each(other, &search->fitting) {
		if (!is_built_on(search, device, other))
			search->fitting.items[n_kept++] = other;
	}
	search->fitting.n_items = n_kept;
}

static void look_at(void *userdata, struct blockdev *device)
{
	struct root_search *search = userdata;
	const struct blockdev *other;

	if (!fits(search, device))
		return;
	if (search->spec->kind == DEVICE_SPEC_GPT_AUTO)
		search->is_read_only |= (device->partflags & GPT_FLAG_READ_ONLY) != 0;
	vec_for_each(other, &search->fitting) {
		if (is_built_on(search, other, device))
			return;
	}
	drop_lower(search, device);
	(void)vec_push(&search->fitting, device);
}

struct disk_search {
	dev_t devnum;
	const struct blockdev *found;
};

static void find_disk(void *userdata, struct blockdev *device)
{
	struct disk_search *disk = userdata;

	if (device->devnum == disk->devnum)
		disk->found = device;
}

/* Leaves those that are on the disk that was booted from, if there are any. */
static void prefer_boot_disk(struct root_search *search)
{
	struct disk_search disk = { .devnum = search->boot_disk };
	struct vec preferred = { 0 };
	struct blockdev *device;

	if (search->boot_disk)
		blockdevs_for_each(search->devices, find_disk, &disk);
	if (!disk.found)
		return;
	vec_for_each(device, &search->fitting) {
		if (device == disk.found || is_built_on(search, device, disk.found))
			(void)vec_push(&preferred, device);
	}
	if (preferred.n_items == 0)
		return;
	vec_done(&search->fitting, NULL);
	search->fitting = preferred;
}

enum root_search_result root_search_run(struct root_search *search)
{
	search->fitting.n_items = 0;
	search->boot_disk = 0;
	search->is_read_only = false;
	if (root_search_wants_boot_partition(search)) {
		if (!search->boot_partition)
			return ROOT_SEARCH_NOTHING;
		blockdevs_for_each(search->devices, find_boot_disk, search);
	}
	blockdevs_for_each(search->devices, look_at, search);
	if (search->fitting.n_items > 1 &&
	    search->config->root_duplicates == ROOT_DUPLICATES_BOOT_DISK)
		prefer_boot_disk(search);
	if (search->fitting.n_items == 0)
		return ROOT_SEARCH_NOTHING;
	return search->fitting.n_items == 1 ? ROOT_SEARCH_FOUND : ROOT_SEARCH_SEVERAL;
}

const struct blockdev *root_search_get_device(const struct root_search *search)
{
	return search->fitting.n_items == 1 ? search->fitting.items[0] : NULL;
}

bool root_search_is_read_only(const struct root_search *search)
{
	return search->is_read_only;
}

bool root_search_is_twin(const struct root_search *search, const struct blockdev *device)
{
	const struct blockdev *found = root_search_get_device(search);

	return found && found != device && fits(search, device) &&
	       !is_built_on(search, found, device) && !is_built_on(search, device, found);
}

/* --- what is looked for --- */

bool root_search_can_have_twins(const struct root_search *search)
{
	switch (search->spec->kind) {
	case DEVICE_SPEC_NONE:
	case DEVICE_SPEC_NODE:
	case DEVICE_SPEC_MAPPER:
	case DEVICE_SPEC_NUMBER:
	case DEVICE_SPEC_VIRTIOFS:
	case DEVICE_SPEC_9P:
		return false;
	case DEVICE_SPEC_UUID:
	case DEVICE_SPEC_UUID_PART:
	case DEVICE_SPEC_LABEL:
	case DEVICE_SPEC_PARTUUID:
	case DEVICE_SPEC_PARTLABEL:
	case DEVICE_SPEC_ID:
	case DEVICE_SPEC_PATH:
	case DEVICE_SPEC_SERIAL:
	case DEVICE_SPEC_GPT_AUTO:
		break;
	}
	return true;
}

bool root_search_has_goal(const struct root_search *search)
{
	return search->spec->kind != DEVICE_SPEC_NONE;
}

bool root_search_is_tagged(const struct root_search *search, const char **ret_type,
			   const char **ret_tag)
{
	bool is_virtiofs = search->spec->kind == DEVICE_SPEC_VIRTIOFS;

	*ret_type = is_virtiofs ? "virtiofs" : "9p";
	*ret_tag = search->spec->value;
	return is_virtiofs || search->spec->kind == DEVICE_SPEC_9P;
}

const char *root_search_get_name(const struct root_search *search)
{
	return search->spec->kind == DEVICE_SPEC_MAPPER ? search->spec->value : NULL;
}

static void describe_goal(const struct root_search *search, struct strbuf *buf)
{
	if (search->spec->kind == DEVICE_SPEC_NONE) {
		strbuf_append(buf, "that root= was to name");
		return;
	}
	if (search->spec->kind != DEVICE_SPEC_GPT_AUTO) {
		strbuf_append(buf, search->spec->text);
		return;
	}
	strbuf_printf(buf, "%s, a partition of the type " GPT_ROOT_TYPE,
		      search->spec->text ? search->spec->text : "that no root= names");
	if (search->boot_partition && *search->boot_partition)
		strbuf_printf(buf, " on the disk of PARTUUID=%s, which was booted from",
			      search->boot_partition);
}

void root_search_describe(const struct root_search *search, struct strbuf *buf)
{
	const struct blockdev *device;

	describe_goal(search, buf);
	if (search->fitting.n_items < 2)
		return;
	strbuf_append(buf, ", which several devices are");
	vec_for_each(device, &search->fitting) {
		strbuf_printf(buf, "%s %s", device_index ? "," : ":", device->node);
		if (device->dm_name)
			strbuf_printf(buf, " (%s)", device->dm_name);
	}
}
