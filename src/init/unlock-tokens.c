/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a token needs most often is there already, or comes within a moment: so the question for
 * the passphrase waits for it, but never long. It is put when the tokens that are left need
 * somebody to plug them in, when nothing is left of them, or when time is up; the helper goes on
 * trying beside it.
 *
 * A PIN is asked for instead of the passphrase, unless somebody has begun to type that. An empty
 * answer leads to the passphrase, and so do too many wrong ones.
 */
#include "init/unlock-tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/token-kind.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/module-loader.h"
#include "init/prompt.h"
#include "init/trace.h"
#include "init/unlock-options.h"
#include "init/unlock-passphrase.h"
#include "init/unlock-volume.h"

#define PATIENCE_USEC          (2 * USEC_PER_SEC)
#define HEADLESS_PATIENCE_USEC (30 * USEC_PER_SEC) /* systemd's, where nobody waits */

#define ACPI      "/sys/firmware/acpi"
#define ACPI_TPM2 ACPI "/tables/TPM2"

/* --- the question that waits --- */

static uint64_t get_patience(const struct volume *volume)
{
	uint64_t usec = volume->wanted->options.token_timeout_usec;

	if (usec > 0)
		return usec;
	return volume->wanted->options.headless ? HEADLESS_PATIENCE_USEC : PATIENCE_USEC;
}

static void hold_question(struct volume *volume)
{
	uint64_t usec = get_patience(volume);

	volume->tokens.holds_question = true;
	if (usec != USEC_INFINITY)
		loop_timer_start(volume->tokens.patience, usec);
}

static void release_question(struct volume *volume)
{
	volume->tokens.holds_question = false;
	if (volume->tokens.patience)
		loop_timer_stop(volume->tokens.patience);
}

/* "the TPM and the security key" */
static void append_titles(unsigned int kinds, struct strbuf *buf)
{
	for (unsigned int kind = 0; kind < N_TOKEN_KINDS; kind++)
		if (kinds & 1U << kind)
			strbuf_printf(buf, "%s%s", buf->size > 0 ? " and " : "",
				      token_kind_get_title((enum token_kind)kind));
}

static void tell_absence(const struct volume *volume)
{
	_cleanup_strbuf_ struct strbuf titles = { 0 };

	append_titles(volume->tokens.absent, &titles);
	consoles_say(volume->unlock->consoles,
		     "%s: %s may open it, but is not there, going on "
		     "without",
		     volume->name, strbuf_string(&titles));
}

/* Whether a TPM that is not there yet may come by itself: firmware tells, where it is ACPI's. */
static bool may_come(unsigned int kinds)
{
	return kinds & 1U << TOKEN_KIND_TPM2 &&
	       (access(ACPI, F_OK) < 0 || access(ACPI_TPM2, F_OK) == 0);
}

static void on_end_of_opened(struct volume *volume, const char *why)
{
	tokens_end(volume);
	volume_set_state(volume, VOLUME_OPEN, why);
}

static void on_patience_over(void *userdata)
{
	struct volume *volume = userdata;

	if (volume->state == VOLUME_OPENED) {
		on_end_of_opened(volume, "the helper for tokens did not end, and was ended");
		return;
	}
	if (volume->wanted->options.headless) {
		log_warn("%s: no token has opened it in time", volume->name);
		tokens_end(volume);
		return;
	}
	if (volume->tokens.is_idle)
		tell_absence(volume);
	else
		consoles_say(volume->unlock->consoles,
			     "%s: its tokens take their time, going on without", volume->name);
	release_question(volume);
}

bool tokens_come_first(const struct volume *volume)
{
	const struct volume_tokens *tokens = &volume->tokens;

	if (!volume->header_read && !tokens_may_open(volume))
		return volume->unlock->has_plug_ins;
	return tokens->holds_question || tokens->wants_pin < N_TOKEN_KINDS;
}

bool tokens_may_open(const struct volume *volume)
{
	return volume->tokens.helper.pid > 0;
}

/* --- PINs --- */

/* An empty one makes the helper go on without that token. */
static void send_pin(struct volume *volume, const char *bytes, size_t size)
{
	struct volume_tokens *tokens = &volume->tokens;

	tokens->wants_pin = N_TOKEN_KINDS;
	tokens->is_idle = false;
	if (unlock_helper_request(&tokens->helper, UNLOCK_TRY_PIN, bytes, size) < 0)
		return; /* it is ending, and its end will be handled */
	hold_question(volume);
}

static void on_pin(void *userdata, struct secret *answer)
{
	struct volume *volume = userdata;

	trace_event("secret-entered", volume->name);
	volume->tokens.asks_for_pin = false;
	passphrase_forget(volume);
	send_pin(volume, answer->bytes, answer->size);
	(void)secret_free(answer);
}

static void on_pin_wanted(struct volume *volume, enum token_kind kind, bool was_wrong)
{
	struct volume_tokens *tokens = &volume->tokens;
	unsigned int tries = volume->wanted->options.tries;
	const char *title;

	if (kind == N_TOKEN_KINDS)
		return;
	title = token_kind_get_title(kind);
	if (!was_wrong) {
		tokens->pin_tries_left = tries;
	} else if (tries == 0) {
		consoles_say(volume->unlock->consoles, "wrong PIN of %s for %s", title,
			     volume->name);
	} else {
		tokens->pin_tries_left--;
		consoles_say(volume->unlock->consoles, "wrong PIN of %s for %s, %u %s left", title,
			     volume->name, tokens->pin_tries_left,
			     tokens->pin_tries_left == 1 ? "try" : "tries");
	}
	if (volume->wanted->options.headless || (tries > 0 && tokens->pin_tries_left == 0))
		send_pin(volume, NULL, 0);
	else
		tokens->wants_pin = kind;
}

/* The question for the passphrase gives way, but not under the hands of somebody who types. */
static bool may_ask(struct volume *volume)
{
	struct unlock *unlock = volume->unlock;

	if (unlock->asking == volume && !volume->typed && !prompt_is_touched(unlock->prompt))
		passphrase_forget(volume);
	return !unlock->asking;
}

static void ask_for_pin(struct volume *volume)
{
	struct volume_tokens *tokens = &volume->tokens;
	char disk[VOLUME_DISK_MAX], text[512], id[256];
	const struct prompt_question question = {
		.text = text,
		.id = id,
		.echo = volume->wanted->options.password_echo,
	};
	int r;

	volume_describe_disk(volume, disk);
	(void)snprintf(text, sizeof(text),
		       "Please enter the PIN of %s for disk %s, or nothing to use its passphrase: ",
		       token_kind_get_title(tokens->wants_pin), disk);
	(void)snprintf(id, sizeof(id), "cryptsetup:%s", volume->node);
	r = prompt_ask(volume->unlock->prompt, &question, on_pin, volume);
	if (r == -ENXIO) {
		log_warn("%s: there is no console where a PIN could be typed", volume->name);
		send_pin(volume, NULL, 0);
	}
	if (r < 0)
		return;
	trace_event("prompt-shown", volume->name);
	volume->unlock->asking = volume;
	tokens->asks_for_pin = true;
}

void tokens_step(struct volume *volume)
{
	const struct volume_tokens *tokens = &volume->tokens;

	if (tokens->wants_pin < N_TOKEN_KINDS && !tokens->asks_for_pin && may_ask(volume))
		ask_for_pin(volume);
}

/* --- the helper --- */

static unsigned int parse_types(const char *types)
{
	unsigned int kinds = 0;
	const char *type;
	size_t size;

	while ((type = str_next_item(&types, &size))) {
		for (unsigned int kind = 0; kind < N_TOKEN_KINDS; kind++)
			if (str_item_is(type, size, token_kind_get_type((enum token_kind)kind)))
				kinds |= 1U << kind;
	}
	return kinds;
}

static void look_for_hardware(struct volume *volume)
{
	struct volume_tokens *tokens = &volume->tokens;

	tokens->hardware_came = false;
	tokens->is_idle = false;
	(void)unlock_helper_request(&tokens->helper, UNLOCK_TRY_TOKENS, NULL, 0);
}

void tokens_hardware_came(struct volume *volume)
{
	struct volume_tokens *tokens = &volume->tokens;

	tokens->hardware_came = true;
	if (tokens_may_open(volume) && tokens->is_idle && tokens->absent)
		look_for_hardware(volume);
}

static void on_tried(struct volume *volume, unsigned int absent)
{
	struct volume_tokens *tokens = &volume->tokens;

	tokens->absent = absent;
	tokens->is_idle = true;
	if (absent && tokens->hardware_came) {
		look_for_hardware(volume);
	} else if (tokens->holds_question && !may_come(absent) &&
		   !volume->wanted->options.headless) {
		if (absent && tokens->wants_pin == N_TOKEN_KINDS)
			tell_absence(volume);
		release_question(volume);
	}
}

static void on_result(struct volume *volume, const struct unlock_message *message)
{
	if (message->result < 0) {
		log_debug("the helper for the tokens of %s: %s", volume->name, message->text);
		return;
	}
	volume_opened_by_token(volume);
	loop_timer_start(volume->tokens.patience, VOLUME_END_TIMEOUT_USEC);
}

static void on_message(void *userdata, struct unlock_message *message)
{
	struct volume *volume = userdata;
	struct consoles *consoles = volume->unlock->consoles;

	switch ((enum unlock_message_type)message->type) {
	case UNLOCK_TOUCH_WANTED:
		consoles_say(consoles, "%s: if the security key blinks, touch it", volume->name);
		return;
	case UNLOCK_PIN_WANTED:
		on_pin_wanted(volume, token_kind_find(message->text), message->result < 0);
		return;
	case UNLOCK_TOKEN_REFUSED:
		consoles_say(consoles, "%s: %s, going on without it", volume->name, message->text);
		return;
	case UNLOCK_TOKENS_TRIED:
		on_tried(volume, parse_types(message->text));
		return;
	case UNLOCK_RESULT:
		on_result(volume, message);
		return;
	case UNLOCK_TOKENS_FOUND:
	case UNLOCK_HEADER_READ:
	case UNLOCK_REMARK:
		return; /* the other helper says so, too */
	}
}

static void on_exit_of_helper(void *userdata, int status)
{
	struct volume *volume = userdata;
	_cleanup_strbuf_ struct strbuf end = { 0 };

	if (volume->state == VOLUME_OPENED) {
		on_end_of_opened(volume, "the helper for tokens has ended");
		return;
	}
	tokens_end(volume);
	/* Else it has told what became of each token. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_FAILURE)
		return;
	unlock_helper_describe_end(status, &end);
	consoles_say(volume->unlock->consoles,
		     "%s: the helper for its tokens %s, going on "
		     "without them",
		     volume->name, strbuf_string(&end));
}

void tokens_init(struct volume *volume)
{
	volume->tokens = (struct volume_tokens){
		.helper = {
			.loop = volume->unlock->loop,
			.children = volume->unlock->children,
			.on_message = on_message,
			.on_exit = on_exit_of_helper,
			.userdata = volume,
			.message_fd = -1,
			.request_fd = -1,
		},
		.wants_pin = N_TOKEN_KINDS,
	};
}

static int start_helper(struct volume *volume)
{
	struct volume_tokens *tokens = &volume->tokens;
	_cleanup_strbuf_ struct strbuf options = { 0 };
	int r;

	unlock_options_append(&volume->wanted->options, &options);
	if (options.failed)
		return -ENOMEM;
	r = loop_timer_new(volume->unlock->loop, on_patience_over, volume, &tokens->patience);
	if (r < 0)
		return r;
	return unlock_helper_start(&tokens->helper, UNLOCK_BY_TOKENS, volume->node, volume->name,
				   strbuf_string(&options));
}

/* Drivers that would have been loaded later. */
static void load_drivers(struct volume *volume, unsigned int kinds)
{
	static const char *const of_tpms[] = { "tpm_crb", "tpm_tis" };

	for (size_t i = 0; i < ARRAY_SIZE(of_tpms) && kinds & 1U << TOKEN_KIND_TPM2; i++)
		module_loader_request_first(volume->unlock->modules, of_tpms[i]);
}

void tokens_begin(struct volume *volume, const char *types)
{
	unsigned int kinds = parse_types(types);
	int r;

	/* The helper that read the header died, and another has read it again. */
	if (volume->tokens.were_tried || !kinds)
		return;
	volume->tokens.were_tried = true;
	load_drivers(volume, kinds);
	r = start_helper(volume);
	if (r < 0) {
		log_warn_errno(r, "%s: its tokens cannot be tried, going on without them",
			       volume->name);
		tokens_end(volume);
		return;
	}
	hold_question(volume);
}

void tokens_end(struct volume *volume)
{
	struct volume_tokens *tokens = &volume->tokens;

	if (tokens->asks_for_pin)
		passphrase_forget(volume);
	unlock_helper_end(&tokens->helper);
	tokens->patience = loop_timer_free(tokens->patience);
	tokens->holds_question = tokens->is_idle = tokens->hardware_came = false;
	tokens->asks_for_pin = false;
	tokens->absent = 0;
	tokens->wants_pin = N_TOKEN_KINDS;
}
