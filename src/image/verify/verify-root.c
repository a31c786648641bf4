/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether /init can put together what the root is on, and whether it will find the root where the
 * command line does not name it, by the type of its partition.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/discoverable-partitions.h"
#include "image/host/host-partitions.h"
#include "image/host/host-served.h"
#include "image/verify/configuration.h"

/* By which systemd-boot and its like tell which disk they were started from. */
#define LOADER_VARIABLE              \
	"/sys/firmware/efi/efivars/" \
	"LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f"

static int check_layer(struct verification *verification, const struct host_layer *layer)
{
	const char *noun = host_layer_refuse(layer->kind);

	if (!noun)
		return 0;
	if (!verification_knows_init(verification))
		return verification_doubt(verification,
					  "%s is on %s, %s; whether the image, which is another "
					  "tool's, sets that up has not been looked at",
					  layer->goal, layer->name, noun);
	return verification_complain(verification,
				     "%s is on %s, %s, which Kindling's /init cannot set up yet",
				     layer->goal, layer->name, noun);
}

static int check_layers(struct verification *verification)
{
	const struct host_layer *layer;
	int r = 0;

	vec_for_each(layer, &verification->host->layers) {
		if (r >= 0 && layer->is_essential)
			r = check_layer(verification, layer);
	}
	return r;
}

static bool is_root_on(const struct host *host, const char *path)
{
	const struct host_layer *layer;

	vec_for_each(layer, &host->layers) {
		if (layer->is_essential && layer->kind == HOST_LAYER_PARTITION &&
		    str_equal(layer->goal, "/") && str_equal(layer->path, path))
			return true;
	}
	return false;
}

/* Whether the boot loader will tell which of several disks is meant. */
static bool has_loader_variable(const struct configuration *configuration)
{
	_cleanup_free_ char *real = NULL;

	return sysroot_resolve(configuration->reader->sysroot, LOADER_VARIABLE, &real) >= 0;
}

#define ADD_ROOT "add root= to it"

static int judge_partitions(struct configuration *configuration, const struct vec *paths)
{
	struct verification *verification = configuration->verification;
	const char *first = paths->n_items > 0 ? paths->items[0] : NULL;
	const char *line = configuration->line.noun;

	if (!first)
		return verification_complain(verification,
					     "%s names no root, and no partition has the type of "
					     "one: " ADD_ROOT,
					     line);
	if (paths->n_items > 1 && has_loader_variable(configuration))
		return verification_doubt(verification,
					  "%s names no root, and several partitions have the type "
					  "of one; which is on the disk that the boot loader is "
					  "started from cannot be told: " ADD_ROOT,
					  line);
	if (paths->n_items > 1)
		return verification_complain(verification,
					     "%s names no root, and of several partitions with the "
					     "type of one /init takes none: " ADD_ROOT,
					     line);
	if (!is_root_on(verification->host, first))
		return verification_complain(verification,
					     "%s names no root, so that it is %s by its type of "
					     "partition, which / is not on now: " ADD_ROOT,
					     line, str_basename(first));
	verification->root = str_format("%s by its type of partition", str_basename(first));
	return verification->root ? 0 : -ENOMEM;
}

static int check_partition_types(struct configuration *configuration)
{
	struct vec paths;
	int r = host_partitions_find(configuration->reader, GPT_ROOT_TYPE, &paths);

	if (r > 0)
		r = judge_partitions(configuration, &paths);
	else if (r == 0)
		r = verification_doubt(
			configuration->verification,
			"%s names no root, and whether a partition has the type of "
			"one cannot be told, as udev has left no such types: " ADD_ROOT,
			configuration->line.noun);
	vec_done(&paths, free);
	return r;
}

static int check_absent_root(struct configuration *configuration)
{
	struct verification *verification = configuration->verification;
	const struct boot_config *boot = &configuration->boot;

	if (boot->root_is_given && boot->root.kind == DEVICE_SPEC_NONE)
		return verification_complain(verification,
					     "root= of %s is nothing that /init understands, so "
					     "that it would look for no root",
					     configuration->line.noun);
	if (!configuration->line.text)
		return verification_doubt(verification,
					  "which root this machine's command line names cannot be "
					  "told, %s",
					  configuration->line.reason);
	if (!verification_knows_init(verification))
		return verification_doubt(verification,
					  "%s names no root; whether the image, which is another "
					  "tool's, finds it otherwise cannot be told",
					  configuration->line.noun);
	return check_partition_types(configuration);
}

int verify_root(struct configuration *configuration)
{
	struct verification *verification = configuration->verification;
	const struct device_spec *root = &configuration->boot.root;
	int r = check_layers(verification);

	if (r < 0)
		return r;
	if (root->kind == DEVICE_SPEC_NONE || root->kind == DEVICE_SPEC_GPT_AUTO)
		return check_absent_root(configuration);
	verification->root = strdup(root->text);
	return verification->root ? 0 : -ENOMEM;
}
