/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A passphrase that opened one volume is tried on each other one before anybody is asked again;
 * that costs no try, and neither does the empty one of try-empty-password, which comes before all
 * others. Only one volume asks at a time: the others may not need to. One that must not ask
 * (headless) waits for what others were told.
 */
#include "init/unlock-passphrase.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/module-loader.h"
#include "init/prompt.h"
#include "init/trace.h"
#include "init/unlock-tokens.h"
#include "init/unlock-volume.h"

#define PASSPHRASE_TIMEOUT_USEC (600 * USEC_PER_SEC)

void passphrase_forget(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;

	volume->typed = secret_free(volume->typed);
	loop_timer_stop(volume->question);
	if (unlock->asking != volume)
		return;
	prompt_withdraw(unlock->prompt);
	unlock->asking = NULL;
}

/* Whether the passphrase to try first, "", was not refused yet. */
static bool is_empty_to_be_tried(const struct volume *volume)
{
	return volume->wanted->options.try_empty_password && !volume->empty_refused;
}

void passphrase_refused(struct volume *volume)
{
	loop_timer_stop(volume->patience);
	volume_set_state(volume, VOLUME_LOCKED, "wrong passphrase");
	if (is_empty_to_be_tried(volume)) {
		volume->empty_refused = true;
		return;
	}
	if (!volume->typed) {
		/* One that another volume had taken. */
		volume->n_known_tried++;
		return;
	}
	passphrase_forget(volume);
	if (volume->wanted->options.tries == 0) {
		consoles_say(volume->unlock->consoles, "wrong passphrase for %s", volume->name);
		return;
	}
	volume->tries_left--;
	if (volume->tries_left == 0) {
		volume_fail(volume, "wrong passphrase, and no try is left");
		return;
	}
	consoles_say(volume->unlock->consoles, "wrong passphrase for %s, %u %s left", volume->name,
		     volume->tries_left, volume->tries_left == 1 ? "try" : "tries");
}

void passphrase_on_question_timeout(void *userdata)
{
	volume_fail(userdata, "nobody has typed its passphrase in time");
}

void passphrase_accepted(struct volume *volume)
{
	if (volume->typed && volume->wanted->options.password_cache == CRYPT_CACHE_YES &&
	    vec_push(&volume->unlock->known, volume->typed) >= 0)
		volume->typed = NULL;
	passphrase_forget(volume);
}

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
	char disk[VOLUME_DISK_MAX], text[512];
	int r;

	volume_describe_disk(volume, disk);
	(void)snprintf(text, sizeof(text), "Please enter passphrase for disk %s: ", disk);
	r = prompt_ask(unlock->prompt, text, volume->wanted->options.password_echo, on_answer,
		       volume);
	if (r == -ENXIO && !tokens_may_open(volume)) {
		volume_fail(volume, "there is no console where its passphrase could be typed");
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

/* Whether what is typed for another volume may still open a headless one. */
static bool may_learn_more(const struct unlock *unlock)
{
	const struct volume *volume;

	list_for_each(volume, &unlock->volumes, link)
		if (volume->state <= VOLUME_OPENING && !volume_is_settled(volume) &&
		    !volume->wanted->options.headless)
			return true;
	return false;
}

static void ask_unless_headless(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;

	if (!volume->wanted->options.headless && !unlock->asking)
		ask(volume);
	else if (volume->wanted->options.headless && !may_learn_more(unlock) &&
		 !tokens_may_open(volume))
		volume_fail(volume, "it is headless, so nobody is asked for its passphrase");
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

/*
 * As many derive keys at a time as there is memory for, and one in any case. How much of what they
 * asked for the others have already taken nobody knows, so what is available now is held against
 * all of it: that lets in too few at times, and never too many.
 */
static bool has_room(const struct volume *volume)
{
	const struct volume *other;
	uint64_t claimed_kib = 0;

	list_for_each(other, &volume->unlock->volumes, link)
		if (other->state == VOLUME_OPENING)
			claimed_kib += other->memory_kib;
	return claimed_kib == 0 || volume->memory_kib == 0 ||
	       claimed_kib + volume->memory_kib <= memory_available_kib();
}

static void send_secret(struct volume *volume, const struct secret *secret)
{
	int r = unlock_helper_request(&volume->helper, UNLOCK_TRY_PASSPHRASE, secret->bytes,
				      secret->size);

	if (r < 0) {
		log_debug_errno(r, "the helper of %s does not listen", volume->name);
		return; /* it is ending, and its end will be handled */
	}
	loop_timer_start(volume->patience, PASSPHRASE_TIMEOUT_USEC);
	volume_set_state(volume, VOLUME_OPENING, "a passphrase is tried");
}

void passphrase_step(struct volume *volume)
{
	const struct secret *secret = find_secret(volume);

	if (secret && is_ready_for_secret(volume) && has_room(volume))
		send_secret(volume, secret);
	else if (!secret && !tokens_come_first(volume))
		ask_unless_headless(volume);
}
