/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A volume's way:
 *
 *	AWAITED --device--> LOCKED --secret, header and modules--> OPENING --> OPENED --> OPEN
 *	   ^-----device gone----/   ^------wrong passphrase-----------/  \--> REFUSED --> FAILED
 *
 * OPENED means that the mapping is there, OPEN that the helper has also ended. REFUSED means that
 * the helper cannot open it. So it goes when a disk is pulled out, too: reading it fails before the
 * kernel takes the device away and says so. A removal is given a moment to show itself.
 *
 * A helper is started as soon as the device is seen, so that reading the header and loading the
 * cipher's modules happen while the user types. A header with tokens gets a second one, which is
 * unlock-tokens.c's; whichever opens the volume first ends the other.
 */
#include "init/unlock-volume.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/module-loader.h"
#include "init/patience.h"
#include "init/trace.h"
#include "init/unlock-options.h"
#include "init/unlock-passphrase.h"
#include "init/unlock-tokens.h"

#define HEADER_TIMEOUT_USEC  (60 * USEC_PER_SEC)
#define REMOVAL_TIMEOUT_USEC (2 * USEC_PER_SEC)

int volume_set_name(struct volume *volume, const char *name)
{
	const char *text = volume->wanted->device.text;
	_cleanup_free_ char *copy = name ? strdup(name) : NULL;
	char *title = name ? str_format("%s (%s)", name, text) : strdup(text);

	if ((name && !copy) || !title) {
		free(title);
		return -ENOMEM;
	}
	free(volume->title);
	volume->name = TAKE_PTR(copy);
	volume->title = title;
	return 0;
}

void volume_set_state(struct volume *volume, enum volume_state state, const char *why)
{
	static const char *const names[] = { "awaited", "locked", "opening", "refused",
					     "opened",  "open",   "failed" };

	log_debug("volume %s: %s -> %s: %s", volume->title, names[volume->state], names[state],
		  why);
	volume->state = state;
}

static void end_passphrase_helper(struct volume *volume)
{
	unlock_helper_end(&volume->helper);
	volume->patience = loop_timer_free(volume->patience);
	volume->header_read = false;
	vec_done(&volume->modules, free);
}

void volume_end_helpers(struct volume *volume)
{
	end_passphrase_helper(volume);
	tokens_end(volume);
}

void volume_fail(struct volume *volume, const char *reason)
{
	if (volume->node)
		consoles_say(volume->unlock->consoles, "cannot open the LUKS volume %s on %s: %s",
			     volume->name, volume->node, reason);
	else
		consoles_say(volume->unlock->consoles, "cannot open the volume %s: %s",
			     volume->title, reason);
	free(volume->reason);
	volume->reason = strdup(reason);
	passphrase_forget(volume);
	volume_end_helpers(volume);
	volume_set_state(volume, VOLUME_FAILED, reason);
}

/* Fails in a moment, unless the device is gone by then. */
static void on_refused(struct volume *volume, const char *reason)
{
	free(volume->reason);
	volume->reason = strdup(reason);
	passphrase_forget(volume);
	loop_timer_start(volume->patience, REMOVAL_TIMEOUT_USEC);
	volume_set_state(volume, VOLUME_REFUSED, reason);
}

void volume_describe_disk(const struct volume *volume, char ret_text[static VOLUME_DISK_MAX])
{
	const char *disk = volume->disk ? volume->disk : volume->node;
	const char *purpose = volume->wanted->purpose;
	bool is_named_alike = str_equal(disk, volume->name);

	(void)snprintf(ret_text, VOLUME_DISK_MAX, "%s%s%s%s%s%s", disk, is_named_alike ? "" : " (",
		       is_named_alike ? "" : volume->name, is_named_alike ? "" : ")",
		       purpose ? " " : "", purpose ? purpose : "");
}

void volume_lose_device(struct volume *volume)
{
	log_warn("%s with the LUKS volume %s is gone, waiting for it to come back", volume->node,
		 volume->name);
	passphrase_forget(volume);
	volume_end_helpers(volume);
	volume->tries_left = MAX(volume->tries_left, 1);
	volume_set_state(volume, VOLUME_AWAITED, "its device is gone");
	if (volume->device_patience)
		patience_renew(volume->device_patience,
			       volume->wanted->options.device_timeout_usec);
}

/* The mapping is there. The helper has a few things to put away and then ends. */
static void on_opened(struct volume *volume)
{
	log_info("opened the LUKS volume %s on %s", volume->name, volume->node);
	trace_event("unlocked", volume->name);
	loop_timer_start(volume->patience, VOLUME_END_TIMEOUT_USEC);
	passphrase_accepted(volume);
	tokens_end(volume);
	volume_set_state(volume, VOLUME_OPENED, "the helper says so");
}

void volume_opened_by_token(struct volume *volume)
{
	log_info("opened the LUKS volume %s on %s by a token", volume->name, volume->node);
	trace_event("unlocked", volume->name);
	passphrase_forget(volume);
	end_passphrase_helper(volume);
	volume_set_state(volume, VOLUME_OPENED, "the helper for tokens says so");
}

/* Requests one module and remembers to wait for it. */
static void need_module(struct volume *volume, const char *alias)
{
	module_loader_request(volume->unlock->modules, alias);
	/* Without memory for it, the kernel will ask for it itself. */
	(void)vec_push_copy(&volume->modules, alias);
}

static void on_header_read(struct volume *volume, struct unlock_message *message)
{
	char *next = message->text, *alias;

	while ((alias = strsep(&next, " ")))
		if (*alias)
			need_module(volume, alias);
	volume->header_read = true;
	volume->memory_kib = message->memory_kib;
	loop_timer_stop(volume->patience);
}

static void on_helper_message(void *userdata, struct unlock_message *message)
{
	struct volume *volume = userdata;

	switch ((enum unlock_message_type)message->type) {
	case UNLOCK_TOKENS_FOUND:
		tokens_begin(volume, message->text);
		return;
	case UNLOCK_HEADER_READ:
		on_header_read(volume, message);
		return;
	case UNLOCK_REMARK:
		consoles_say(volume->unlock->consoles, "the LUKS volume %s on %s: %s", volume->name,
			     volume->node, message->text);
		return;
	case UNLOCK_RESULT:
		if (message->result == 0)
			on_opened(volume);
		else if (message->result == -EPERM && volume->state == VOLUME_OPENING)
			passphrase_refused(volume);
		else
			on_refused(volume, message->text);
		return;
	case UNLOCK_TOUCH_WANTED:
	case UNLOCK_PIN_WANTED:
	case UNLOCK_TOKEN_REFUSED:
	case UNLOCK_TOKENS_TRIED:
		return; /* of the helper for tokens */
	}
}

static int start_helper(struct volume *volume);

/* The helper ended without having opened the volume or said why not. */
static void on_helper_lost(struct volume *volume, int status)
{
	_cleanup_strbuf_ struct strbuf reason = { 0 };

	strbuf_append(&reason, "the unlock helper ");
	unlock_helper_describe_end(status, &reason);
	end_passphrase_helper(volume);
	if (volume->lost_helper || start_helper(volume) < 0) {
		volume_fail(volume, strbuf_string(&reason));
		return;
	}
	log_warn("%s: %s, starting it again", volume->name, strbuf_string(&reason));
	volume->lost_helper = true;
	volume_set_state(volume, VOLUME_LOCKED, strbuf_string(&reason));
}

static void on_end_of_opened(struct volume *volume, const char *why)
{
	end_passphrase_helper(volume);
	volume_set_state(volume, VOLUME_OPEN, why);
}

static void on_helper_exit(void *userdata, int status)
{
	struct volume *volume = userdata;

	if (volume->state == VOLUME_OPENED) {
		on_end_of_opened(volume, "the helper has ended");
	} else if (volume->state == VOLUME_LOCKED || volume->state == VOLUME_OPENING) {
		on_helper_lost(volume, status);
	}
	/* Else it has said why. */
}

static void on_helper_timeout(void *userdata)
{
	struct volume *volume = userdata;
	_cleanup_free_ char *refusal = TAKE_PTR(volume->reason);

	if (volume->state == VOLUME_REFUSED)
		volume_fail(volume, refusal ? refusal : "out of memory");
	else if (volume->state == VOLUME_OPENED)
		on_end_of_opened(volume, "the helper did not end, and was ended");
	else if (volume->header_read)
		volume_fail(volume, "checking the passphrase took more than ten minutes");
	else
		volume_fail(volume, "its header could not be read in a minute");
}

static int start_helper(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;
	_cleanup_strbuf_ struct strbuf options = { 0 };
	int r;

	unlock_options_append(&volume->wanted->options, &options);
	if (options.failed)
		return -ENOMEM;
	r = unlock_helper_start(&volume->helper, NULL, volume->node, volume->name,
				strbuf_string(&options));
	if (r >= 0)
		r = loop_timer_new(unlock->loop, on_helper_timeout, volume, &volume->patience);
	if (r < 0) {
		end_passphrase_helper(volume);
		return r;
	}
	loop_timer_start(volume->patience, HEADER_TIMEOUT_USEC);
	/* What every volume needs; what this one needs in addition its header will say. */
	need_module(volume, "dm_crypt");
	return 0;
}

static void on_device_patience_over(void *userdata)
{
	volume_fail(
		userdata,
		"its device did not appear in the time that x-systemd.device-timeout= gives it");
}

static int make_timers(struct volume *volume)
{
	struct loop *loop = volume->unlock->loop;
	uint64_t timeout_usec = volume->wanted->options.device_timeout_usec;
	int r = loop_timer_new(loop, passphrase_on_question_timeout, volume, &volume->question);

	if (r >= 0 && timeout_usec > 0 && timeout_usec < USEC_INFINITY)
		r = patience_new(loop, timeout_usec, on_device_patience_over, volume,
				 &volume->device_patience);
	return r;
}

int volume_new(struct unlock *unlock, struct crypt_volume *wanted, struct volume **ret_volume)
{
	struct volume *volume = calloc(1, sizeof(*volume));
	int r;

	if (!volume) {
		crypt_volume_free(wanted);
		return -ENOMEM;
	}
	list_append(&unlock->volumes, &volume->link);
	volume->unlock = unlock;
	volume->wanted = wanted;
	volume->tries_left = wanted->options.tries;
	volume->helper = (struct unlock_helper){
		.loop = unlock->loop,
		.children = unlock->children,
		.on_message = on_helper_message,
		.on_exit = on_helper_exit,
		.userdata = volume,
		.message_fd = -1,
		.request_fd = -1,
	};
	tokens_init(volume);
	r = volume_set_name(volume, wanted->name);
	if (r >= 0)
		r = make_timers(volume);
	if (r < 0) {
		volume_free(volume);
		return r;
	}
	*ret_volume = volume;
	return 0;
}

void volume_free(struct volume *volume)
{
	passphrase_forget(volume);
	volume_end_helpers(volume);
	list_remove(&volume->link);
	volume->question = loop_timer_free(volume->question);
	volume->device_patience = patience_free(volume->device_patience);
	if (volume->wanted)
		crypt_volume_free(volume->wanted);
	free(volume->name);
	free(volume->title);
	free(volume->node);
	free(volume->disk);
	free(volume->reason);
	free(volume->other_node);
	free(volume->other_content);
	free(volume);
}

bool volume_is_settled(const struct volume *volume)
{
	return volume->state == VOLUME_OPEN || volume->state == VOLUME_FAILED ||
	       (volume->state == VOLUME_AWAITED && volume->wanted->options.nofail);
}

static int prepare_names(struct volume *volume, const char *node, const char *uuid)
{
	_cleanup_free_ char *name = volume->name ? NULL : str_format("luks-%s", uuid);
	char *copy = strdup(node);

	if (!copy || (!volume->name && (!name || volume_set_name(volume, name) < 0))) {
		free(copy);
		return -ENOMEM;
	}
	free(volume->node);
	volume->node = copy;
	return 0;
}

void volume_take_device(struct volume *volume, const char *node, const char *uuid)
{
	int r;

	if (prepare_names(volume, node, uuid) < 0) {
		log_warn("no memory to open %s, waiting for it to appear again", node);
		return;
	}
	trace_event("header-seen", volume->name);
	volume->tokens.were_tried = false;
	volume_set_state(volume, VOLUME_LOCKED, node);
	r = start_helper(volume);
	if (r < 0)
		volume_fail(volume,
			    r == -ENOENT ? "this image holds no unlock helper" : strerror(-r));
}
