/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/unlock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/crypt-served.h"
#include "init/blockdev.h"
#include "init/disk-title.h"
#include "init/loop.h"
#include "init/match.h"
#include "init/patience.h"
#include "init/unlock-passphrase.h"
#include "init/unlock-tokens.h"
#include "init/unlock-volume.h"
#include "kindling/image-layout.h"

#define SYSFS "/sys"

int unlock_new(struct loop *loop, struct children *children, struct consoles *consoles,
	       struct prompt *prompt, struct module_loader *modules, struct unlock **ret_unlock)
{
	struct unlock *unlock = calloc(1, sizeof(*unlock));
	int r;

	if (!unlock)
		return -ENOMEM;
	unlock->loop = loop;
	unlock->children = children;
	unlock->consoles = consoles;
	unlock->prompt = prompt;
	unlock->modules = modules;
	unlock->has_plug_ins = access(IMAGE_TOKEN_PLUG_INS, F_OK) == 0;
	list_init(&unlock->volumes);
	r = loop_timer_new(loop, passphrase_on_delay_over, unlock, &unlock->delay);
	if (r < 0) {
		free(unlock);
		return r;
	}
	*ret_unlock = unlock;
	return 0;
}

static void free_secret(void *item)
{
	(void)secret_free(item);
}

struct unlock *unlock_free(struct unlock *unlock)
{
	struct volume *volume, *following;

	if (unlock) {
		list_for_each_safe(volume, following, &unlock->volumes, link)
			volume_free(volume);
		vec_done(&unlock->known, free_secret);
		unlock->delay = loop_timer_free(unlock->delay);
		free(unlock);
	}
	return NULL;
}

/* Says once what of the wishes for it comes to nothing. */
static void tell_unserved(const struct volume *volume)
{
	_cleanup_strbuf_ struct strbuf unserved = { 0 };

	crypt_served_append_unserved(volume->wanted, &unserved);
	if (unserved.size > 0)
		log_warn("of the volume %s, %s cannot be used here, going on without; its "
			 "passphrase opens it",
			 volume->title, strbuf_string(&unserved));
}

int unlock_add_volume(struct unlock *unlock, struct crypt_volume *wanted)
{
	const char *refusal = crypt_served_refuse(wanted);
	struct volume *volume;
	int r = volume_new(unlock, wanted, &volume);

	if (r < 0)
		return r;
	if (refusal)
		volume_fail(volume, refusal);
	else
		tell_unserved(volume);
	return 0;
}

/* --- devices --- */

static bool is_on(const struct volume *volume, const struct blockdev *device)
{
	return volume->node && str_equal(volume->node, device->node) &&
	       volume->state != VOLUME_AWAITED;
}

const char *unlock_get_name(const struct unlock *unlock, const struct blockdev *device)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (is_on(volume, device) ||
		    match_device(device, &volume->wanted->device, SUPERBLOCK_LUKS))
			return volume->name;
	return NULL;
}

/* The same device cannot be opened twice. */
static void refuse_device(struct volume *volume, const struct volume *owner)
{
	char reason[256];

	(void)snprintf(reason, sizeof(reason), "%s is opened as %s already", owner->node,
		       owner->name);
	volume_fail(volume, reason);
}

/* For the last screen: the volume is awaited in vain, though its device is there. */
static void note_other(struct volume *volume, const struct blockdev *device)
{
	_cleanup_strbuf_ struct strbuf content = { 0 };

	for (unsigned int i = 0; i < device->n_superblocks; i++)
		strbuf_printf(&content, "%s%s", i ? " or " : "", device->superblocks[i].type);
	if (device->n_superblocks == 0 && *device->pttype)
		strbuf_printf(&content, "a table of partitions (%s)", device->pttype);
	free(volume->other_node);
	free(volume->other_content);
	volume->other_node = strdup(device->node);
	volume->other_content = content.size > 0 ? strbuf_steal(&content) : NULL;
}

static void forget_other(struct volume *volume, const char *node)
{
	if (!volume->other_node || !str_equal(volume->other_node, node))
		return;
	free(TAKE_PTR(volume->other_node));
	free(TAKE_PTR(volume->other_content));
}

static void note_others(struct unlock *unlock, const struct blockdev *device)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state == VOLUME_AWAITED &&
		    match_device(device, &volume->wanted->device, SUPERBLOCK_LUKS))
			note_other(volume, device);
}

void unlock_device_appeared(struct unlock *unlock, const struct blockdev *device)
{
	const struct superblock *header = match_superblock(device, SUPERBLOCK_LUKS);
	struct volume *volume, *owner = NULL;

	if (!header || !str_equal(header->type, SUPERBLOCK_LUKS)) {
		note_others(unlock, device);
		return;
	}
	list_for_each(volume, &unlock->volumes, link)
		if (is_on(volume, device))
			owner = volume;
	list_for_each(volume, &unlock->volumes, link) {
		if (volume->state != VOLUME_AWAITED ||
		    !match_device(device, &volume->wanted->device, SUPERBLOCK_LUKS))
			continue;
		if (owner) {
			refuse_device(volume, owner);
			continue;
		}
		volume_take_device(volume, device->node, header->uuid);
		free(volume->disk);
		volume->disk = disk_title(SYSFS, device);
		owner = volume;
	}
}

void unlock_device_removed(struct unlock *unlock, const char *node)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link) {
		forget_other(volume, node);
		if (volume->state != VOLUME_AWAITED && volume->state != VOLUME_OPENED &&
		    volume->state != VOLUME_OPEN && volume->node && str_equal(volume->node, node))
			volume_lose_device(volume);
	}
}

void unlock_step(struct unlock *unlock)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link) {
		if (volume->state != VOLUME_LOCKED)
			continue;
		tokens_step(volume);
		passphrase_step(volume);
	}
}

void unlock_hardware_came(struct unlock *unlock)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		tokens_hardware_came(volume);
}

void unlock_let_time_run(struct unlock *unlock, bool is_running)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->device_patience)
			patience_set_running(volume->device_patience,
					     is_running && volume->state == VOLUME_AWAITED);
}

bool unlock_is_busy(const struct unlock *unlock)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state == VOLUME_OPENING ||
		    (unlock->is_delaying && volume->state == VOLUME_LOCKED))
			return true;
	return false;
}

bool unlock_is_settled(const struct unlock *unlock)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (!volume_is_settled(volume))
			return false;
	return true;
}

bool unlock_has_failed(const struct unlock *unlock, const char *name)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state == VOLUME_FAILED &&
		    (name ? volume->name && str_equal(volume->name, name) : volume->node != NULL))
			return true;
	return false;
}

static void describe_awaited(const struct volume *volume, struct strbuf *buf)
{
	strbuf_append(buf, "has not appeared");
	if (!volume->other_node)
		return;
	strbuf_printf(buf, ": %s is there, but holds ", volume->other_node);
	if (volume->other_content)
		strbuf_printf(buf, "%s and ", volume->other_content);
	strbuf_append(buf, "no LUKS volume");
}

void unlock_describe(const struct unlock *unlock, struct strbuf *buf)
{
	const struct volume *volume;
	const char *separator = "";

	list_for_each(volume, &unlock->volumes, link) {
		if (volume->state == VOLUME_OPENED || volume->state == VOLUME_OPEN)
			continue;
		strbuf_printf(buf, "%sthe LUKS volume %s ", separator, volume->title);
		separator = "; ";
		if (volume->state == VOLUME_FAILED && volume->node)
			strbuf_printf(buf, "on %s ", volume->node);
		if (volume->state == VOLUME_FAILED)
			strbuf_printf(buf, "was not opened: %s",
				      volume->reason ? volume->reason : "out of memory");
		else if (volume->state == VOLUME_AWAITED)
			describe_awaited(volume, buf);
		else
			strbuf_printf(buf, "on %s is still locked", volume->node);
	}
}

void unlock_describe_awaited(const struct unlock *unlock, struct strbuf *buf)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state <= VOLUME_OPENED && !volume_is_settled(volume))
			strbuf_printf(buf, "%sthe LUKS volume %s%s", buf->size > 0 ? ", " : "",
				      volume->title,
				      volume->state == VOLUME_OPENING
					      ? ", whose passphrase is being checked"
					      : "");
}

void unlock_abandon(struct unlock *unlock)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link) {
		passphrase_forget(volume);
		volume_end_helpers(volume);
	}
	loop_timer_stop(unlock->delay);
	vec_done(&unlock->known, free_secret);
}
