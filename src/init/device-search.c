/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the block devices is meant. All devices are looked at each time, because what one of
 * them is may depend on another: a partition on the disk that was booted from, one that is counted
 * from another, a mapping on the device that the name is of.
 *
 * Of devices that fit, those that another one is built on do not count: multipath, a mirror with
 * its superblock at the end, a partition that begins where its disk does. If more than one is left,
 * none is taken, unless rd.root.duplicates=boot-disk and one is on the disk that was booted from.
 *
 * A name such as a UUID may be that of two devices. Nobody can know whether another one is still to
 * come, and boot does not settle; but it does not choose by chance either: what was found is not
 * used before each device has been read that the kernel had shown by then, for two seconds at most.
 */
#include "init/device-search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "config/discoverable-partitions.h"
#include "init/blockdev.h"
#include "init/boot-partition.h"
#include "init/console.h"
#include "init/goal-context.h"
#include "init/layers.h"
#include "init/loop.h"
#include "init/match.h"
#include "init/unlock.h"
#include "init/volumes.h"

#define TWINS_TIMEOUT_USEC (2 * USEC_PER_SEC)

struct device_search {
	const struct goal_context *context;
	struct device_search_params params;
	const struct device_spec *spec;
	const char *types;
	char *mapping; /* NULL: it is not in a volume that @spec names */
	bool is_due;

	struct loop_timer *twins;
	bool twins_awaited; /* a second device may still be read that is meant as well */

	/* Of the last run. */
	enum device_search_result result;
	struct vec fitting;           /* struct blockdev *, that none of the others is built on */
	const struct blockdev *found; /* NULL unless it is one */
	const char *boot_partition;   /* NULL: not known yet, or of no interest */
	dev_t boot_disk;              /* 0 if it is not there */
	bool is_read_only;
	char *doubt; /* what was said of it, or NULL */
};

static const struct device_spec no_device = { .kind = DEVICE_SPEC_NONE };

static void on_twins_timeout(void *userdata)
{
	struct device_search *search = userdata;

	search->twins_awaited = false;
}

int device_search_new(const struct goal_context *context, const struct device_search_params *params,
		      struct device_search **ret_search)
{
	struct device_search *search = calloc(1, sizeof(*search));

	if (!search)
		return -ENOMEM;
	search->context = context;
	search->params = *params;
	search->spec = &no_device;
	if (loop_timer_new(context->loop, on_twins_timeout, search, &search->twins) < 0) {
		free(search);
		return -ENOMEM;
	}
	*ret_search = search;
	return 0;
}

struct device_search *device_search_free(struct device_search *search)
{
	if (search) {
		vec_done(&search->fitting, NULL);
		(void)loop_timer_free(search->twins);
		free(search->mapping);
		free(search->doubt);
		free(search);
	}
	return NULL;
}

void device_search_begin(struct device_search *search, const struct device_spec *spec,
			 const char *types)
{
	search->spec = spec;
	search->types = types;
	free(TAKE_PTR(search->mapping));
	search->fitting.n_items = 0;
	search->found = NULL;
	search->is_due = true;
	if (device_spec_is_udev_name(spec))
		blockdevs_want_names(search->context->devices);
}

void device_search_device_probed(struct device_search *search)
{
	search->is_due = true;
}

void device_search_device_removed(struct device_search *search, const struct blockdev *device)
{
	search->is_due = true;
	if (search->found == device)
		search->found = NULL;
	for (size_t i = 0; i < search->fitting.n_items; i++)
		if (search->fitting.items[i] == device)
			search->fitting.items[i--] =
				search->fitting.items[--search->fitting.n_items];
}

bool device_search_is_due(const struct device_search *search)
{
	return search->is_due;
}

/* --- which devices fit --- */

static bool prefers_boot_disk(const struct device_search *search)
{
	return search->context->config->root_duplicates == ROOT_DUPLICATES_BOOT_DISK;
}

static void find_boot_disk(void *userdata, struct blockdev *device)
{
	struct device_search *search = userdata;

	if (*search->boot_partition && strcasecmp(device->partuuid, search->boot_partition) == 0)
		search->boot_disk = device->partition_disk;
}

/* If the firmware says which disk was booted from, the root is on that one. */
static bool is_gpt_root(const struct device_search *search, const struct blockdev *device)
{
	return *device->parttype && strcasecmp(device->parttype, GPT_ROOT_TYPE) == 0 &&
	       !(device->partflags & GPT_FLAG_NO_AUTO) &&
	       (!*search->boot_partition || device->partition_disk == search->boot_disk);
}

/* One that was found and is being read once more is still what it was. */
static bool is_known(const struct device_search *search, const struct blockdev *device)
{
	return device->state == BLOCKDEV_PROBED ||
	       (device->state == BLOCKDEV_PROBING && device == search->found);
}

bool device_search_fits(const struct device_search *search, const struct blockdev *device)
{
	if (!is_known(search, device))
		return false;
	if (search->mapping && device->dm_name && str_equal(device->dm_name, search->mapping))
		return true;
	if (search->spec->kind == DEVICE_SPEC_GPT_AUTO)
		return search->boot_partition && is_gpt_root(search, device);
	return match_device(device, search->spec, search->types);
}

static bool is_built_on(const struct device_search *search, const struct blockdev *upper,
			const struct blockdev *lower)
{
	return layers_is_built_on(search->context->sysfs, upper->sysname, lower->sysname);
}

/* Takes out those that others are built on, and with @device the one that it is built on. */
static void drop_lower(struct device_search *search, const struct blockdev *device)
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
	struct device_search *search = userdata;
	const struct blockdev *other;

	if (!device_search_fits(search, device))
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
static void prefer_boot_disk(struct device_search *search)
{
	struct disk_search disk = { .devnum = search->boot_disk };
	struct vec preferred = { 0 };
	struct blockdev *device;

	if (search->boot_disk)
		blockdevs_for_each(search->context->devices, find_disk, &disk);
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

/* Fills @fitting, unless it is still to be known what was booted from. */
static void look(struct device_search *search)
{
	struct blockdevs *devices = search->context->devices;
	bool needs_boot_disk =
		search->spec->kind == DEVICE_SPEC_GPT_AUTO || prefers_boot_disk(search);

	search->fitting.n_items = 0;
	search->boot_disk = 0;
	search->is_read_only = false;
	search->boot_partition =
		needs_boot_disk ? boot_partition_find(search->context->boot_partition) : NULL;
	search->is_due = needs_boot_disk && !search->boot_partition;
	if (search->is_due)
		return;
	if (needs_boot_disk)
		blockdevs_for_each(devices, find_boot_disk, search);
	blockdevs_for_each(devices, look_at, search);
	if (search->fitting.n_items > 1 && prefers_boot_disk(search))
		prefer_boot_disk(search);
}

/* --- what was found --- */

static void await_twins(struct device_search *search)
{
	search->twins_awaited = !device_spec_is_unique(search->spec);
	if (search->twins_awaited)
		loop_timer_start(search->twins, TWINS_TIMEOUT_USEC);
}

/* The name is that of a LUKS volume: what is in it is meant. Whether that is new. */
static bool open_volume(struct device_search *search)
{
	const struct goal_context *context = search->context;
	const char *name;

	if (search->mapping || !context->config->luks.enabled)
		return false;
	name = volumes_open(context->volumes, search->found, search->params.volume_name);
	search->mapping = name ? strdup(name) : NULL;
	if (name && !search->mapping)
		log_err("no memory to look for what is in the LUKS volume %s", name);
	return search->mapping;
}

static enum device_search_result judge(struct device_search *search)
{
	const struct blockdev *device = search->found;
	const struct superblock *superblock;

	if (!device)
		return search->fitting.n_items == 0 ? DEVICE_SEARCH_NOTHING : DEVICE_SEARCH_SEVERAL;
	superblock = match_superblock(device, search->types);
	if (!superblock)
		return device->n_superblocks > 1 ? DEVICE_SEARCH_AMBIVALENT : DEVICE_SEARCH_FOUND;
	return str_equal(superblock->type, SUPERBLOCK_LUKS) ? DEVICE_SEARCH_LOCKED
							    : DEVICE_SEARCH_FOUND;
}

static void update(struct device_search *search)
{
	const struct blockdev *found_before = search->found;

	look(search);
	search->found = search->fitting.n_items == 1 ? search->fitting.items[0] : NULL;
	if (search->found && search->found != found_before)
		await_twins(search);
	search->result = judge(search);
}

enum device_search_result device_search_run(struct device_search *search)
{
	if (!search->is_due)
		return search->result;
	update(search);
	/* It may be open already, and what is in it be read. */
	if (search->result == DEVICE_SEARCH_LOCKED && open_volume(search))
		update(search);
	if (search->result < DEVICE_SEARCH_AMBIVALENT)
		free(TAKE_PTR(search->doubt));
	return search->result;
}

const struct blockdev *device_search_get_device(const struct device_search *search)
{
	return search->found;
}

bool device_search_is_read_only(const struct device_search *search)
{
	return search->is_read_only;
}

bool device_search_awaits_twins(struct device_search *search, bool is_reading)
{
	if (search->twins_awaited && !is_reading) {
		search->twins_awaited = false;
		loop_timer_stop(search->twins);
	}
	return search->twins_awaited;
}

bool device_search_is_twin(const struct device_search *search, const struct blockdev *device)
{
	const struct blockdev *found = search->found;

	return found && found != device && device_search_fits(search, device) &&
	       !is_built_on(search, found, device) && !is_built_on(search, device, found);
}

static void describe_doubt(const struct device_search *search, struct strbuf *buf)
{
	const struct device_search_params *params = &search->params;

	if (search->found) {
		strbuf_printf(buf,
			      "%s holds more than one file system, and %s does not say which is "
			      "meant, waiting for another: ",
			      params->title, params->type_source);
		blockdev_describe(search->found, buf);
		return;
	}
	strbuf_printf(buf, "%s is to be ", params->title);
	device_search_describe(search, buf);
	strbuf_append(buf, ": taking none of them, waiting until only one is left");
}

void device_search_tell_doubt(struct device_search *search)
{
	_cleanup_strbuf_ struct strbuf doubt = { 0 };

	describe_doubt(search, &doubt);
	if (search->doubt && str_equal(search->doubt, strbuf_string(&doubt)))
		return;
	consoles_say(search->context->consoles, "%s", strbuf_string(&doubt));
	free(search->doubt);
	search->doubt = strdup(strbuf_string(&doubt));
}

bool device_search_is_in_doubt(const struct device_search *search)
{
	return search->doubt;
}

bool device_search_is_hopeless(const struct device_search *search)
{
	const char *name = search->mapping;

	if (!name && search->spec->kind == DEVICE_SPEC_MAPPER)
		name = search->spec->value;
	return name && unlock_has_failed(search->context->unlock, name);
}

/* --- what is looked for --- */

static void describe_spec(const struct device_search *search, struct strbuf *buf)
{
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

void device_search_describe(const struct device_search *search, struct strbuf *buf)
{
	describe_spec(search, buf);
	if (search->fitting.n_items < 2)
		return;
	strbuf_append(buf, ", which several devices are: ");
	device_search_list(search, buf);
}

void device_search_list(const struct device_search *search, struct strbuf *buf)
{
	const struct blockdev *device;

	vec_for_each(device, &search->fitting) {
		strbuf_printf(buf, "%s%s", device_index ? ", " : "", device->node);
		if (device->dm_name)
			strbuf_printf(buf, " (%s)", device->dm_name);
	}
}
