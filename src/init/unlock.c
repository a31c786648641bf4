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
 * cipher's modules happen while the user types. A passphrase that opened one volume is tried on
 * each other one before anybody is asked again; that costs no try, and neither does the empty one
 * of try-empty-password, which comes before all others. Only one volume asks at a time: the others
 * may not need to. One that must not ask (headless) waits for what others were told.
 */
#include "init/unlock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/vec.h"
#include "config/crypt-served.h"
#include "config/crypt-volume.h"
#include "init/blockdev.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/match.h"
#include "init/module-loader.h"
#include "init/prompt.h"
#include "init/trace.h"
#include "init/unlock-helper.h"
#include "init/unlock-options.h"
#include "kindling/unlock-message.h"

#define HEADER_TIMEOUT_USEC     (60 * USEC_PER_SEC)
#define PASSPHRASE_TIMEOUT_USEC (600 * USEC_PER_SEC)
#define REMOVAL_TIMEOUT_USEC    (2 * USEC_PER_SEC)

enum volume_state {
	VOLUME_AWAITED,
	VOLUME_LOCKED,
	VOLUME_OPENING,
	VOLUME_REFUSED,
	VOLUME_OPENED,
	VOLUME_OPEN,
	VOLUME_FAILED,
};

struct unlock {
	struct loop *loop;
	struct children *children;
	struct consoles *consoles;
	struct prompt *prompt;
	struct module_loader *modules;
	struct list volumes;
	struct volume *asking; /* whose question is open, or whose typed answer is being tried */
	struct vec known;      /* of struct secret: those that opened something */
};

struct volume {
	struct unlock *unlock;
	struct list link;
	struct crypt_volume *wanted; /* what it is, and how it is to be opened */
	char *name;                  /* NULL until its header is seen, if nobody gave it one */
	char *title;                 /* for messages: "root (UUID=…)" */
	enum volume_state state;
	char *node;              /* NULL until a device was seen */
	char *reason;            /* of a refusal or failure */
	unsigned int tries_left; /* unless wanted->options.tries is 0 */
	bool lost_helper;        /* once is an accident */

	/* The helper, while the device is there and not open. */
	struct unlock_helper helper;
	struct loop_timer *patience; /* with the helper */
	bool header_read;
	struct vec modules; /* of char *: aliases that must be settled before the key is useful */

	/* The passphrase to try next or being tried. */
	struct loop_timer *question; /* how long it stays open */
	struct secret *typed;        /* NULL: none */
	bool empty_refused;          /* try-empty-password came to nothing */
	size_t n_known_tried;        /* how many of unlock.known this volume has refused */
};

static void set_state(struct volume *volume, enum volume_state state, const char *why)
{
	static const char *const names[] = { "awaited", "locked", "opening", "refused",
					     "opened",  "open",   "failed" };

	log_debug("volume %s: %s -> %s: %s", volume->title, names[volume->state], names[state],
		  why);
	volume->state = state;
}

static void end_helper(struct volume *volume)
{
	unlock_helper_end(&volume->helper);
	volume->patience = loop_timer_free(volume->patience);
	volume->header_read = false;
	vec_done(&volume->modules, free);
}

/* This volume's question is over, if it was the one that asked. */
static void stop_asking(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;

	volume->typed = secret_free(volume->typed);
	loop_timer_stop(volume->question);
	if (unlock->asking != volume)
		return;
	prompt_withdraw(unlock->prompt);
	unlock->asking = NULL;
}

static void fail(struct volume *volume, const char *reason)
{
	if (volume->node)
		consoles_say(volume->unlock->consoles, "cannot open the LUKS volume %s on %s: %s",
			     volume->name, volume->node, reason);
	else
		consoles_say(volume->unlock->consoles, "cannot open the volume %s: %s",
			     volume->title, reason);
	free(volume->reason);
	volume->reason = strdup(reason);
	stop_asking(volume);
	end_helper(volume);
	set_state(volume, VOLUME_FAILED, reason);
}

/* Fails in a moment, unless the device is gone by then. */
static void on_refused(struct volume *volume, const char *reason)
{
	free(volume->reason);
	volume->reason = strdup(reason);
	stop_asking(volume);
	loop_timer_start(volume->patience, REMOVAL_TIMEOUT_USEC);
	set_state(volume, VOLUME_REFUSED, reason);
}

static void lose_device(struct volume *volume)
{
	log_warn("%s with the LUKS volume %s is gone, waiting for it to come back", volume->node,
		 volume->name);
	stop_asking(volume);
	end_helper(volume);
	volume->tries_left = MAX(volume->tries_left, 1);
	set_state(volume, VOLUME_AWAITED, "its device is gone");
}

/* The mapping is there. The helper has a few things to put away and then ends. */
static void on_opened(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;

	log_info("opened the LUKS volume %s on %s", volume->name, volume->node);
	trace_event("unlocked", volume->name);
	if (volume->typed && volume->wanted->options.password_cache == CRYPT_CACHE_YES &&
	    vec_push(&unlock->known, volume->typed) >= 0)
		volume->typed = NULL;
	loop_timer_stop(volume->patience);
	stop_asking(volume);
	set_state(volume, VOLUME_OPENED, "the helper says so");
}

/* Whether the passphrase to try first, "", was not refused yet. */
static bool is_empty_to_be_tried(const struct volume *volume)
{
	return volume->wanted->options.try_empty_password && !volume->empty_refused;
}

static void on_wrong_passphrase(struct volume *volume)
{
	loop_timer_stop(volume->patience);
	set_state(volume, VOLUME_LOCKED, "wrong passphrase");
	if (is_empty_to_be_tried(volume)) {
		volume->empty_refused = true;
		return;
	}
	if (!volume->typed) {
		/* One that another volume had taken. */
		volume->n_known_tried++;
		return;
	}
	stop_asking(volume);
	if (volume->wanted->options.tries == 0) {
		consoles_say(volume->unlock->consoles, "wrong passphrase for %s", volume->name);
		return;
	}
	volume->tries_left--;
	if (volume->tries_left == 0) {
		fail(volume, "wrong passphrase, and no try is left");
		return;
	}
	consoles_say(volume->unlock->consoles, "wrong passphrase for %s, %u %s left", volume->name,
		     volume->tries_left, volume->tries_left == 1 ? "try" : "tries");
}

/* Requests one module and remembers to wait for it. */
static void need_module(struct volume *volume, const char *alias)
{
	module_loader_request(volume->unlock->modules, alias);
	/* Without memory for it, the kernel will ask for it itself. */
	(void)vec_push_copy(&volume->modules, alias);
}

static void on_header_read(struct volume *volume, char *aliases)
{
	char *next = aliases, *alias;

	while ((alias = strsep(&next, " ")))
		if (*alias)
			need_module(volume, alias);
	volume->header_read = true;
	loop_timer_stop(volume->patience);
}

static void on_helper_message(void *userdata, struct unlock_message *message)
{
	struct volume *volume = userdata;

	switch ((enum unlock_message_type)message->type) {
	case UNLOCK_HEADER_READ:
		on_header_read(volume, message->text);
		return;
	case UNLOCK_RESULT:
		if (message->result == 0)
			on_opened(volume);
		else if (message->result == -EPERM && volume->state == VOLUME_OPENING)
			on_wrong_passphrase(volume);
		else
			on_refused(volume, message->text);
		return;
	}
}

static int start_helper(struct volume *volume);

/* The helper ended without having opened the volume or said why not. */
static void on_helper_lost(struct volume *volume, int status)
{
	char reason[128];

	if (WIFSIGNALED(status))
		(void)snprintf(reason, sizeof(reason),
			       "the unlock helper was ended by signal %d (%s)", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	else
		(void)snprintf(reason, sizeof(reason), "the unlock helper ended with status %d",
			       WEXITSTATUS(status));
	end_helper(volume);
	if (volume->lost_helper || start_helper(volume) < 0) {
		fail(volume, reason);
		return;
	}
	log_warn("%s: %s, starting it again", volume->name, reason);
	volume->lost_helper = true;
	set_state(volume, VOLUME_LOCKED, reason);
}

static void on_helper_exit(void *userdata, int status)
{
	struct volume *volume = userdata;

	if (volume->state == VOLUME_OPENED) {
		end_helper(volume);
		set_state(volume, VOLUME_OPEN, "the helper has ended");
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
		fail(volume, refusal ? refusal : "out of memory");
	else if (volume->header_read)
		fail(volume, "checking the passphrase took more than ten minutes");
	else
		fail(volume, "its header could not be read in a minute");
}

static int start_helper(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;
	_cleanup_strbuf_ struct strbuf options = { 0 };
	int r;

	unlock_options_append(&volume->wanted->options, &options);
	if (options.failed)
		return -ENOMEM;
	r = unlock_helper_start(&volume->helper, volume->node, volume->name,
				strbuf_string(&options));
	if (r >= 0)
		r = loop_timer_new(unlock->loop, on_helper_timeout, volume, &volume->patience);
	if (r < 0) {
		end_helper(volume);
		return r;
	}
	loop_timer_start(volume->patience, HEADER_TIMEOUT_USEC);
	/* What every volume needs; what this one needs in addition its header will say. */
	need_module(volume, "dm_crypt");
	return 0;
}

int unlock_new(struct loop *loop, struct children *children, struct consoles *consoles,
	       struct prompt *prompt, struct module_loader *modules, struct unlock **ret_unlock)
{
	struct unlock *unlock = calloc(1, sizeof(*unlock));

	if (!unlock)
		return -ENOMEM;
	unlock->loop = loop;
	unlock->children = children;
	unlock->consoles = consoles;
	unlock->prompt = prompt;
	unlock->modules = modules;
	list_init(&unlock->volumes);
	*ret_unlock = unlock;
	return 0;
}

static void free_volume(struct volume *volume)
{
	stop_asking(volume);
	end_helper(volume);
	list_remove(&volume->link);
	volume->question = loop_timer_free(volume->question);
	if (volume->wanted)
		crypt_volume_free(volume->wanted);
	free(volume->name);
	free(volume->title);
	free(volume->node);
	free(volume->reason);
	free(volume);
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
			free_volume(volume);
		vec_done(&unlock->known, free_secret);
		free(unlock);
	}
	return NULL;
}

static void on_question_timeout(void *userdata)
{
	fail(userdata, "nobody has typed its passphrase in time");
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

static int set_name(struct volume *volume, const char *name)
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

int unlock_add_volume(struct unlock *unlock, struct crypt_volume *wanted)
{
	struct volume *volume = calloc(1, sizeof(*volume));
	const char *refusal = crypt_served_refuse(wanted);
	int r;

	if (!volume) {
		crypt_volume_free(wanted);
		return -ENOMEM;
	}
	list_append(&unlock->volumes, &volume->link);
	volume->unlock = unlock;
	volume->wanted = wanted;
	volume->helper = (struct unlock_helper){
		.loop = unlock->loop,
		.children = unlock->children,
		.on_message = on_helper_message,
		.on_exit = on_helper_exit,
		.userdata = volume,
		.message_fd = -1,
		.request_fd = -1,
	};
	volume->tries_left = wanted->options.tries;
	r = set_name(volume, wanted->name);
	if (r >= 0)
		r = loop_timer_new(unlock->loop, on_question_timeout, volume, &volume->question);
	if (r < 0) {
		free_volume(volume);
		return r;
	}
	if (refusal)
		fail(volume, refusal);
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

/* Names it after its header, if nobody has. */
static int prepare_names(struct volume *volume, const struct blockdev *device,
			 const struct superblock *header)
{
	_cleanup_free_ char *name = volume->name ? NULL : str_format("luks-%s", header->uuid);
	char *node = strdup(device->node);

	if (!node || (!volume->name && (!name || set_name(volume, name) < 0))) {
		free(node);
		return -ENOMEM;
	}
	free(volume->node);
	volume->node = node;
	return 0;
}

static void take_device(struct volume *volume, const struct blockdev *device,
			const struct superblock *header)
{
	int r;

	if (prepare_names(volume, device, header) < 0) {
		log_warn("no memory to open %s, waiting for it to appear again", device->node);
		return;
	}
	trace_event("header-seen", volume->name);
	set_state(volume, VOLUME_LOCKED, device->node);
	r = start_helper(volume);
	if (r < 0)
		fail(volume, r == -ENOENT ? "this image holds no unlock helper" : strerror(-r));
}

/* The same device cannot be opened twice. */
static void refuse_device(struct volume *volume, const struct volume *owner)
{
	char reason[256];

	(void)snprintf(reason, sizeof(reason), "%s is opened as %s already", owner->node,
		       owner->name);
	fail(volume, reason);
}

void unlock_device_appeared(struct unlock *unlock, const struct blockdev *device)
{
	const struct superblock *header = match_superblock(device, SUPERBLOCK_LUKS);
	struct volume *volume, *owner = NULL;

	if (!header || !str_equal(header->type, SUPERBLOCK_LUKS))
		return;
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
		take_device(volume, device, header);
		owner = volume;
	}
}

void unlock_device_removed(struct unlock *unlock, const char *node)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link) {
		if (volume->state != VOLUME_AWAITED && volume->state != VOLUME_OPENED &&
		    volume->state != VOLUME_OPEN && volume->node && str_equal(volume->node, node))
			lose_device(volume);
	}
}

/* --- passphrases --- */

static void on_answer(void *userdata, struct secret *answer)
{
	struct volume *volume = userdata;

	trace_event("secret-entered", volume->name);
	loop_timer_stop(volume->question);
	volume->typed = answer;
}

static void ask(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;
	uint64_t timeout_usec = volume->wanted->options.timeout_usec;
	char text[512];
	int r;

	(void)snprintf(text, sizeof(text),
		       "Please enter passphrase for disk %s (%s): ", volume->node, volume->name);
	r = prompt_ask(unlock->prompt, text, on_answer, volume);
	if (r == -ENXIO) {
		fail(volume, "there is no console where its passphrase could be typed");
		return;
	}
	if (r < 0) {
		log_debug_errno(r, "cannot ask for the passphrase of %s yet", volume->name);
		return;
	}
	trace_event("prompt-shown", volume->name);
	unlock->asking = volume;
	if (timeout_usec > 0 && timeout_usec != USEC_INFINITY)
		loop_timer_start(volume->question, timeout_usec);
}

/* One that need not be there is not waited for; once it is there, it is opened. */
static bool is_settled(const struct volume *volume)
{
	return volume->state == VOLUME_OPEN || volume->state == VOLUME_FAILED ||
	       (volume->state == VOLUME_AWAITED && volume->wanted->options.nofail);
}

/* Whether what is typed for another volume may still open a headless one. */
static bool may_learn_more(const struct unlock *unlock)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state <= VOLUME_OPENING && !is_settled(volume) &&
		    !volume->wanted->options.headless)
			return true;
	return false;
}

static void ask_unless_headless(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;

	if (!volume->wanted->options.headless && !unlock->asking)
		ask(volume);
	else if (volume->wanted->options.headless && !may_learn_more(unlock))
		fail(volume, "it is headless, so nobody is asked for its passphrase");
}

/* The passphrase to try now: empty, typed for this volume, or taken by another one before. */
static const struct secret *find_secret(const struct volume *volume)
{
	static const struct secret empty;
	const struct vec *known = &volume->unlock->known;

	if (is_empty_to_be_tried(volume))
		return &empty;
	if (volume->typed)
		return volume->typed;
	if (volume->wanted->options.password_cache == CRYPT_CACHE_NO)
		return NULL;
	return volume->n_known_tried < known->n_items ? known->items[volume->n_known_tried] : NULL;
}

static bool is_ready_for_secret(const struct volume *volume)
{
	const char *alias;

	if (!volume->header_read)
		return false;
	vec_for_each(alias, &volume->modules) {
		if (!module_loader_is_settled(volume->unlock->modules, alias))
			return false;
	}
	return true;
}

static void send_secret(struct volume *volume, const struct secret *secret)
{
	int r = unlock_helper_request(&volume->helper, UNLOCK_TRY_PASSPHRASE, secret->bytes,
				      secret->size);

	if (r < 0) {
		log_debug_errno(r, "the helper of %s does not listen", volume->name);
		return; /* it is ending; on_helper_exit() goes on from there */
	}
	loop_timer_start(volume->patience, PASSPHRASE_TIMEOUT_USEC);
	set_state(volume, VOLUME_OPENING, "a passphrase is tried");
}

void unlock_step(struct unlock *unlock)
{
	struct volume *volume;

	list_for_each(volume, &unlock->volumes, link) {
		const struct secret *secret;

		if (volume->state != VOLUME_LOCKED)
			continue;
		secret = find_secret(volume);
		if (secret && is_ready_for_secret(volume))
			send_secret(volume, secret);
		else if (!secret)
			ask_unless_headless(volume);
	}
}

bool unlock_is_busy(const struct unlock *unlock)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state == VOLUME_OPENING)
			return true;
	return false;
}

bool unlock_is_settled(const struct unlock *unlock)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (!is_settled(volume))
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
			strbuf_append(buf, "has not appeared");
		else
			strbuf_printf(buf, "on %s is still locked", volume->node);
	}
}

void unlock_describe_awaited(const struct unlock *unlock, struct strbuf *buf)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state <= VOLUME_OPENED && !is_settled(volume))
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
		stop_asking(volume);
		end_helper(volume);
	}
	vec_done(&unlock->known, free_secret);
}
