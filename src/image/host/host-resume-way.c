/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words in an image that lead nowhere would cost each boot half a minute, or a question that nobody
 * can answer. So what is found on the way to the swap area is judged by the rules that /init goes
 * by itself.
 */
#include "image/host/host-resume-way.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/crypt-served.h"
#include "config/crypt-volume.h"
#include "config/luks-choice.h"
#include "image/host/host-mounts.h"
#include "image/host/host-needs.h"
#include "image/host/host-served.h"

/* What of the host's lists lies on the way: the items from these on. */
struct way {
	struct host *host;
	size_t first_layer, first_volume, first_note;
};

/* What /init knows. */
struct openers {
	const struct luks_config *luks;
	struct vec volumes; /* struct crypt_volume *: of command line and crypttab together */
	struct device_spec awaited;
};

static int find_unserved_layer(const struct way *way, char **ret_obstacle)
{
	for (size_t i = way->first_layer; i < way->host->layers.n_items; i++) {
		const struct host_layer *layer = way->host->layers.items[i];
		const char *noun = host_layer_refuse(layer->kind);

		if (!noun)
			continue;
		*ret_obstacle = str_format("it is on %s, %s, which Kindling's /init cannot set up "
					   "yet",
					   layer->name, noun);
		return *ret_obstacle ? 0 : -ENOMEM;
	}
	return 0;
}

/* What could not be found out has been noted. */
static int find_gap(const struct way *way, char **ret_obstacle)
{
	if (way->first_note >= way->host->notes.n_items)
		return 0;
	*ret_obstacle = strdup("not all is known of what it is on");
	return *ret_obstacle ? 0 : -ENOMEM;
}

static const struct crypt_volume *find_opener(const struct openers *openers, const char *name)
{
	const struct crypt_volume *volume;

	vec_for_each(volume, &openers->volumes) {
		if (volume->name && str_equal(volume->name, name) &&
		    (luks_choice_is_wanted(openers->luks, volume) ||
		     luks_choice_is_awaited(&openers->volumes, volume, &openers->awaited)))
			return volume;
	}
	return NULL;
}

static int judge_volume(const struct host_volume *open, const struct openers *openers,
			char **ret_obstacle)
{
	const struct crypt_volume *opener = find_opener(openers, open->name);
	const char *refusal = opener ? crypt_served_refuse(opener) : NULL;
	_cleanup_strbuf_ struct strbuf keys = { 0 };

	if (opener)
		crypt_served_append_unserved_keys(opener, &keys);
	if (!opener)
		*ret_obstacle = str_format("it is on the volume %s, which neither crypttab nor the "
					   "command line opens",
					   open->name);
	else if (refusal)
		*ret_obstacle = str_format("it is on the volume %s, which cannot be opened: %s",
					   open->name, refusal);
	else if (keys.size > 0)
		*ret_obstacle = str_format("it is on the volume %s, which is opened by %s, and "
					   "that /init does not serve yet",
					   open->name, strbuf_string(&keys));
	else
		return 0;
	return keys.failed || !*ret_obstacle ? -ENOMEM : 0;
}

/* Those that root is on, too, are opened for its sake. */
static int find_closed_volume(const struct way *way, const struct openers *openers,
			      char **ret_obstacle)
{
	int r = 0;

	for (size_t i = way->first_volume; i < way->host->volumes.n_items; i++) {
		const struct host_volume *open = way->host->volumes.items[i];

		if (r >= 0 && !*ret_obstacle && !open->is_essential)
			r = judge_volume(open, openers, ret_obstacle);
	}
	return r;
}

static int judge_volumes(const struct way *way, const char *spec, const struct luks_config *luks,
			 struct crypttab *crypttab, char **ret_obstacle)
{
	struct openers openers = { .luks = luks };
	struct vec warnings = { 0 };
	int r = luks_config_merge(luks, crypttab, &openers.volumes, &warnings);

	if (r >= 0 && device_spec_parse(spec, &openers.awaited) == -ENOMEM)
		r = -ENOMEM;
	if (r >= 0)
		r = find_closed_volume(way, &openers, ret_obstacle);
	device_spec_done(&openers.awaited);
	vec_done(&openers.volumes, crypt_volume_free);
	vec_done(&warnings, free);
	return r;
}

static void take_volumes(const struct way *way)
{
	for (size_t i = way->first_volume; i < way->host->volumes.n_items; i++) {
		struct host_volume *volume = way->host->volumes.items[i];

		volume->is_for_resume = true;
	}
}

int host_resume_way_add(struct host_reader *reader, const char *spec,
			const struct luks_config *luks, struct crypttab *crypttab,
			char **ret_obstacle)
{
	struct host *host = reader->host;
	const struct host_goal goal = { HOST_RESUME_AREA, false };
	const struct way way = { host, host->layers.n_items, host->volumes.n_items,
				 host->notes.n_items };
	_cleanup_free_ char *obstacle = NULL;
	int r = host_mounts_add_spec(reader, spec, "swap", &goal);

	if (r >= 0)
		r = find_unserved_layer(&way, &obstacle);
	if (r >= 0 && !obstacle)
		r = find_gap(&way, &obstacle);
	if (r >= 0 && !obstacle)
		r = judge_volumes(&way, spec, luks, crypttab, &obstacle);
	if (r < 0)
		return r;
	if (!obstacle)
		take_volumes(&way);
	*ret_obstacle = TAKE_PTR(obstacle);
	return 0;
}
