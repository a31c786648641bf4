/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A token's way:
 *
 *	UNTRIED ----> opened
 *	   |  \-----> ABSENT -----> tried again when hardware has come
 *	   |\-------> WANTS_PIN --> tried with each PIN that is given
 *	   \--------> USELESS       as was told
 *
 * What a plug-in does with its hardware nobody here can know, and a TPM that counts failures locks
 * itself: so no error leads to a second attempt unless something new has come, a device or a PIN.
 */
#include "unlock/tokens.h"

#include <errno.h>
#include <libcryptsetup.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "config/token-kind.h"
#include "unlock/activate.h"
#include "unlock/channel.h"
#include "unlock/token-device.h"

#define TOKENS_MAX 32 /* of LUKS2 */

enum token_state {
	TOKEN_UNTRIED,
	TOKEN_ABSENT,
	TOKEN_WANTS_PIN,
	TOKEN_USELESS,
};

struct token {
	int id;
	enum token_kind kind;
	enum token_state state;
};

struct tokens {
	const struct volume *volume;
	struct token items[TOKENS_MAX]; /* in the order in which they are tried */
	size_t n_items;
	struct token *asking; /* whose PIN is awaited; or NULL */
};

static const char *explain(enum token_kind kind, int error)
{
	switch (error) {
	case -EREMCHG:
	case -EBADSLT:
	case -ENOENT:
		/* What libcryptsetup makes of a plug-in's EPERM and EINVAL. */
		return kind == TOKEN_KIND_TPM2 ? "its key is for another state of this machine"
					       : "it has no key for this volume";
	case -ENOEXEC:
		return "this image has no plug-in for it";
	case -ENOLCK:
		return "it is locked after too many wrong PINs";
	case -ENOTRECOVERABLE:
		return "it does not give its key";
	case -ENOTUNIQ:
		return "there are several, and none is named";
	case -ENOPKG:
	case -EOPNOTSUPP:
		return "this image lacks what its plug-in loads";
	case -EOWNERDEAD:
		return "its PIN is blocked until it is taken out and put in again";
	case -EPERM:
		return "what it gives opens no keyslot";
	}
	return strerror(-error);
}

static void refuse(struct token *token, int error)
{
	char text[256];

	token->state = TOKEN_USELESS;
	(void)snprintf(text, sizeof(text), "%s does not open it: %s",
		       token_kind_get_title(token->kind), explain(token->kind, error));
	/* That nobody has put a key into the keyring is as usual. */
	if (token->kind == TOKEN_KIND_KEYRING)
		log_debug("token %d: %s", token->id, text);
	else
		(void)channel_send(UNLOCK_TOKEN_REFUSED, error, text);
}

static void add_tokens_of_kind(struct tokens *tokens, enum token_kind kind)
{
	int n = MIN(crypt_token_max(CRYPT_LUKS2), TOKENS_MAX);

	for (int id = 0; id < n; id++) {
		struct token *token = &tokens->items[tokens->n_items];
		const char *type = NULL;
		crypt_token_info info = crypt_token_status(tokens->volume->device, id, &type);

		if (info <= CRYPT_TOKEN_INACTIVE || !type || token_kind_find(type) != kind)
			continue;
		*token = (struct token){ .id = id, .kind = kind };
		tokens->n_items++;
		if (info == CRYPT_TOKEN_EXTERNAL_UNKNOWN)
			refuse(token, -ENOEXEC);
	}
}

/* What a plug-in says about a PIN that it does not like; versions of systemd differ. */
static bool is_of_wrong_pin(int error)
{
	return error == -ENOANO || error == -ENOTRECOVERABLE || error == -EILSEQ ||
	       error == -EACCES;
}

/* 0 if the volume is open, else 1: what the attempt came to is in the token's state. */
static int try_token(const struct tokens *tokens, struct token *token, const struct secret *pin)
{
	const struct volume *volume = tokens->volume;
	int r = -EAGAIN;

	if (token_device_is_there(token->kind, volume->options)) {
		if (token->kind == TOKEN_KIND_FIDO2)
			(void)channel_send(UNLOCK_TOUCH_WANTED, 0,
					   token_kind_get_type(token->kind));
		r = volume_activate_by_token(volume, token->id, token->kind, pin);
	}
	log_debug("token %d (%s): %s", token->id, token_kind_get_type(token->kind), strerror(-r));
	if (r == 0)
		return 0;
	if (r == -EAGAIN)
		token->state = TOKEN_ABSENT;
	else if (pin ? is_of_wrong_pin(r) : r == -ENOANO)
		token->state = TOKEN_WANTS_PIN;
	else
		refuse(token, r);
	return 1;
}

/* The same for all that were not tried, or may have got their hardware. */
static int try_tokens(struct tokens *tokens)
{
	for (size_t i = 0; i < tokens->n_items; i++) {
		struct token *token = &tokens->items[i];

		if ((token->state == TOKEN_UNTRIED || token->state == TOKEN_ABSENT) &&
		    try_token(tokens, token, NULL) == 0)
			return 0;
	}
	return 1;
}

static void ask_for_pin(struct tokens *tokens, struct token *token, int why)
{
	tokens->asking = token;
	(void)channel_send(UNLOCK_PIN_WANTED, why, token_kind_get_type(token->kind));
}

static struct token *find_token(struct tokens *tokens, enum token_state state)
{
	for (size_t i = 0; i < tokens->n_items; i++)
		if (tokens->items[i].state == state)
			return &tokens->items[i];
	return NULL;
}

/* Says what could still help; false if there is nothing. */
static bool tell_what_is_left(struct tokens *tokens)
{
	struct token *wants_pin = find_token(tokens, TOKEN_WANTS_PIN);
	char absent[256] = "";

	for (size_t i = 0; i < tokens->n_items; i++) {
		const struct token *token = &tokens->items[i];
		size_t used = strlen(absent);

		if (token->state == TOKEN_ABSENT)
			(void)snprintf(absent + used, sizeof(absent) - used, "%s%s",
				       used > 0 ? "," : "", token_kind_get_type(token->kind));
	}
	if (!wants_pin && !*absent)
		return false;
	if (wants_pin && !tokens->asking)
		ask_for_pin(tokens, wants_pin, 0);
	(void)channel_send(UNLOCK_TOKENS_TRIED, 0, absent);
	return true;
}

/* As try_token(). */
static int take_pin(struct tokens *tokens, const struct secret *pin)
{
	struct token *token = tokens->asking;

	tokens->asking = NULL;
	if (!token)
		return 1;
	if (pin->size == 0) {
		token->state = TOKEN_USELESS;
		return 1;
	}
	if (try_token(tokens, token, pin) == 0)
		return 0;
	if (token->state == TOKEN_WANTS_PIN)
		ask_for_pin(tokens, token, -EPERM);
	return 1;
}

static int serve(struct tokens *tokens, struct secret *scratch)
{
	int r = try_tokens(tokens);

	while (r > 0) {
		enum unlock_request_type type;

		if (!tell_what_is_left(tokens))
			return -ENOENT;
		r = channel_read_request(&type, scratch);
		if (r == 0)
			return -EPIPE;
		if (r > 0)
			r = type == UNLOCK_TRY_PIN ? take_pin(tokens, scratch) : try_tokens(tokens);
		secret_clear(scratch);
	}
	return r;
}

int tokens_serve(const struct volume *volume, struct secret *scratch)
{
	struct tokens tokens = { .volume = volume };
	int r;

	for (unsigned int kind = 0; kind < N_TOKEN_KINDS; kind++)
		add_tokens_of_kind(&tokens, (enum token_kind)kind);
	r = serve(&tokens, scratch);
	return r == 0 ? channel_send(UNLOCK_RESULT, 0, "") : r;
}
