/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A passphrase that opened one volume is tried on each other one before anybody is asked again;
 * that costs no try, and neither does the empty one of try-empty-password, which comes before all
 * others. Only one volume asks at a time: the others may not need to. One that must not ask
 * (headless) waits for what others were told.
 *
 * What the kernel keeps for systemd counts as such a passphrase, and is added to.
 */
#include "init/unlock-passphrase.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/memory.h"
#include "base/recovery-key.h"
#include "base/secret.h"
#include "init/console.h"
#include "init/key-cache.h"
#include "init/loop.h"
#include "init/module-loader.h"
#include "init/prompt.h"
#include "init/trace.h"
#include "init/unlock-tokens.h"
#include "init/unlock-volume.h"

#define PASSPHRASE_TIMEOUT_USEC (600 * USEC_PER_SEC)
#define DELAY_MAX_USEC          (30 * USEC_PER_SEC)

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

/*
 * However few keys a guess takes: the first wrong answer costs a second, and each after it twice as
 * much. How long it is.
 */
static uint64_t delay_next_question(struct unlock *unlock)
{
	uint64_t delay_usec = MIN(USEC_PER_SEC << MIN(unlock->n_wrong, 31), DELAY_MAX_USEC);

	unlock->n_wrong++;
	unlock->is_delaying = true;
	loop_timer_start(unlock->delay, delay_usec);
	return delay_usec;
}

void passphrase_on_delay_over(void *userdata)
{
	struct unlock *unlock = userdata;

	unlock->is_delaying = false;
}

static void say_wrong(const struct volume *volume, uint64_t delay_usec)
{
	unsigned int delay_sec = (unsigned int)(delay_usec / USEC_PER_SEC);
	unsigned int tries_left = volume->tries_left;

	if (volume->wanted->options.tries == 0)
		consoles_say(volume->unlock->consoles,
			     "wrong passphrase for %s, asking again in %u s", volume->name,
			     delay_sec);
	else
		consoles_say(volume->unlock->consoles,
			     "wrong passphrase for %s, %u %s left, asking again in %u s",
			     volume->name, tries_left, tries_left == 1 ? "try" : "tries",
			     delay_sec);
}

void passphrase_refused(struct volume *volume)
{
	uint64_t delay_usec;

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
	if (recovery_key_normalise(volume->typed)) {
		log_debug("what was typed for %s may be a recovery key, trying it as it was made",
			  volume->name);
		return;
	}
	passphrase_forget(volume);
	delay_usec = delay_next_question(volume->unlock);
	if (volume->wanted->options.tries > 0 && --volume->tries_left == 0)
		volume_fail(volume, "wrong passphrase, and no try is left");
	else
		say_wrong(volume, delay_usec);
}

void passphrase_on_question_timeout(void *userdata)
{
	volume_fail(userdata, "nobody has typed its passphrase in time");
}

/* For the other volumes, and for those that the real init opens. */
static void share(struct volume *volume)
{
	int r = key_cache_add(volume->typed);

	if (r < 0)
		log_debug_errno(r,
				"cannot keep the passphrase of %s for the real init, which may "
				"have to ask for it again",
				volume->name);
	if (vec_push(&volume->unlock->known, volume->typed) >= 0)
		volume->typed = NULL;
}

void passphrase_accepted(struct volume *volume)
{
	if (volume->typed)
		volume->unlock->n_wrong = 0;
	if (volume->typed && volume->wanted->options.password_cache == CRYPT_CACHE_YES)
		share(volume);
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
	const struct crypt_options *options = &volume->wanted->options;
	uint64_t timeout_usec = options->timeout_usec;
	char disk[VOLUME_DISK_MAX], text[512], id[256];
	const struct prompt_question question = { text, id, options->password_echo, timeout_usec };
	int r;

	volume_describe_disk(volume, disk);
	(void)snprintf(text, sizeof(text), "Please enter passphrase for disk %s: ", disk);
	(void)snprintf(id, sizeof(id), "cryptsetup:%s", volume->node);
	r = prompt_ask(unlock->prompt, &question, on_answer, volume);
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

	if (!volume->wanted->options.headless && !unlock->asking && !unlock->is_delaying)
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

/* The same; what the kernel keeps is looked at before anybody is asked. */
static const struct secret *find_secret_or_cached(const struct volume *volume)
{
	const struct secret *secret = find_secret(volume);
	struct unlock *unlock = volume->unlock;

	if (secret || unlock->asking || volume->wanted->options.password_cache == CRYPT_CACHE_NO)
		return secret;
	key_cache_read(&unlock->known);
	return find_secret(volume);
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
	const struct secret *secret = find_secret_or_cached(volume);

	if (secret && is_ready_for_secret(volume) && has_room(volume))
		send_secret(volume, secret);
	else if (!secret && !tokens_come_first(volume))
		ask_unless_headless(volume);
}
