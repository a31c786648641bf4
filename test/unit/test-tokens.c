/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The helper's side of tokens: the header and libcryptsetup are real, the plug-ins and /init are
 * the test's own. What is said to /init is compared word by word, and how often a plug-in was
 * asked.
 */
#include <errno.h>
#include <libcryptsetup.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "support.h"
#include "unlock/activate.h"
#include "unlock/channel.h"
#include "unlock/header-tokens.h"
#include "unlock/token-device.h"
#include "unlock/tokens.h"

#define PIN "1234"

static struct strbuf talk;   /* with /init */
static const char *requests; /* 'p': a PIN, 'w': a wrong one, '-': none, 't': try again */
static int answers[8];       /* of the plug-ins, in turn */
static unsigned int n_answers_taken;
static const char *types;
static bool has_no_plug_ins;

int __wrap_channel_send(enum unlock_message_type type, int result, const char *text);
int __wrap_channel_read_request(enum unlock_request_type *ret_type, struct secret *ret_content);
int __wrap_crypt_token_max(const char *type);
crypt_token_info __wrap_crypt_token_status(struct crypt_device *device, int token,
					   const char **ret_type);
bool __wrap_token_device_is_there(enum token_kind kind, const struct crypt_options *options);
int __wrap_volume_activate_by_token(const struct volume *volume, int token, enum token_kind kind,
				    const struct secret *pin);

int __wrap_channel_send(enum unlock_message_type type, int result, const char *text)
{
	static const char *const names[] = {
		[UNLOCK_RESULT] = "open",        [UNLOCK_TOUCH_WANTED] = "touch",
		[UNLOCK_PIN_WANTED] = "pin?",    [UNLOCK_TOKEN_REFUSED] = "refused",
		[UNLOCK_TOKENS_TRIED] = "tried",
	};

	strbuf_printf(&talk, "%s%s%s%s|", names[type], *text ? " " : "", text,
		      type == UNLOCK_PIN_WANTED && result < 0 ? " again" : "");
	return result;
}

int __wrap_channel_read_request(enum unlock_request_type *ret_type, struct secret *ret_content)
{
	const char *pin = *requests == 'p' ? PIN : *requests == 'w' ? "4321" : "";

	if (!*requests)
		return 0;
	*ret_type = *requests == 't' ? UNLOCK_TRY_TOKENS : UNLOCK_TRY_PIN;
	requests++;
	ret_content->size = strlen(pin);
	memcpy(ret_content->bytes, pin, ret_content->size);
	return 1;
}

/* The header: the tokens of @types, the others of which nobody ever was. */
int __wrap_crypt_token_max(const char *type)
{
	return 32;
}

crypt_token_info __wrap_crypt_token_status(struct crypt_device *device, int token,
					   const char **ret_type)
{
	static char type[32];
	const char *next = types, *item;
	size_t size;

	while ((item = str_next_item(&next, &size)))
		if (token-- == 0)
			break;
	if (!item)
		return CRYPT_TOKEN_INACTIVE;
	(void)snprintf(type, sizeof(type), "%.*s", (int)size, item);
	*ret_type = type;
	if (str_after_prefix(type, "luks2-"))
		return CRYPT_TOKEN_INTERNAL;
	return str_after_prefix(type, "systemd-") && !has_no_plug_ins
		       ? CRYPT_TOKEN_EXTERNAL
		       : CRYPT_TOKEN_EXTERNAL_UNKNOWN;
}

bool __wrap_token_device_is_there(enum token_kind kind, const struct crypt_options *options)
{
	return kind != TOKEN_KIND_FIDO2;
}

int __wrap_volume_activate_by_token(const struct volume *volume, int token, enum token_kind kind,
				    const struct secret *pin)
{
	int answer;

	assert_true(n_answers_taken < ARRAY_SIZE(answers));
	answer = answers[n_answers_taken++];
	if (pin && answer == 0)
		assert_true(pin->size == strlen(PIN) && memcmp(pin->bytes, PIN, pin->size) == 0);
	return answer;
}

struct row {
	const char *name;
	const char *types;
	int answers[8];
	const char *requests;
	const char *talk;
	int result;
	unsigned int n_asked;
};

#define TPM_REFUSED(why) "refused the TPM does not open it: " why "|"

static const struct row rows[] = {
	{ "it opens", "systemd-tpm2", { 0 }, "", "open|", 0, 1 },
	{ "the TPM is asked first",
	  "systemd-pkcs11,systemd-tpm2",
	  { -EAGAIN, 0 },
	  "",
	  "open|",
	  0,
	  2 },
	{ "one refuses, another opens",
	  "systemd-tpm2,systemd-pkcs11",
	  { -ENOTRECOVERABLE, 0 },
	  "",
	  TPM_REFUSED("it does not give its key") "open|",
	  0,
	  2 },
	{ "of two TPM tokens the second opens",
	  "systemd-tpm2,systemd-tpm2",
	  { -ENOENT, 0 },
	  "",
	  TPM_REFUSED("its key is for another state of this machine") "open|",
	  0,
	  2 },
	{ "its key fits nowhere",
	  "systemd-tpm2",
	  { -EPERM },
	  "",
	  TPM_REFUSED("what it gives opens no keyslot"),
	  -ENOENT,
	  1 },
	{ "it is locked",
	  "systemd-tpm2",
	  { -ENOLCK },
	  "",
	  TPM_REFUSED("it is locked after too many wrong PINs"),
	  -ENOENT,
	  1 },
	{ "its library is not there",
	  "systemd-tpm2",
	  { -EOPNOTSUPP },
	  "",
	  TPM_REFUSED("this image lacks what its plug-in loads"),
	  -ENOENT,
	  1 },

	{ "absent, and nothing comes",
	  "systemd-tpm2",
	  { -EAGAIN },
	  "",
	  "tried systemd-tpm2|",
	  -EPIPE,
	  1 },
	{ "absent, and then there",
	  "systemd-tpm2",
	  { -EAGAIN, -EAGAIN, 0 },
	  "tt",
	  "tried systemd-tpm2|tried systemd-tpm2|open|",
	  0,
	  3 },
	{ "what refuses is not asked again",
	  "systemd-tpm2,systemd-pkcs11",
	  { -ENOLCK, -EAGAIN, -EAGAIN },
	  "t",
	  TPM_REFUSED("it is locked after too many wrong PINs") "tried systemd-pkcs11|tried "
								"systemd-pkcs11|",
	  -EPIPE,
	  3 },

	{ "a PIN", "systemd-tpm2", { -ENOANO, 0 }, "p", "pin? systemd-tpm2|tried|open|", 0, 2 },
	{ "a wrong PIN, and the right one",
	  "systemd-tpm2",
	  { -ENOANO, -ENOANO, 0 },
	  "wp",
	  "pin? systemd-tpm2|tried|pin? systemd-tpm2 again|tried|open|",
	  0,
	  3 },
	{ "a wrong PIN, as systemd 252 has it",
	  "systemd-tpm2",
	  { -ENOANO, -ENOTRECOVERABLE, 0 },
	  "wp",
	  "pin? systemd-tpm2|tried|pin? systemd-tpm2 again|tried|open|",
	  0,
	  3 },
	{ "wrong PINs until it is locked",
	  "systemd-tpm2",
	  { -ENOANO, -ENOANO, -ENOLCK },
	  "ww",
	  "pin? systemd-tpm2|tried|pin? systemd-tpm2 again|tried|" TPM_REFUSED(
		  "it is locked after too many wrong PINs"),
	  -ENOENT,
	  3 },
	{ "no PIN", "systemd-tpm2", { -ENOANO }, "-", "pin? systemd-tpm2|tried|", -ENOENT, 1 },
	{ "no PIN for one, but for another",
	  "systemd-tpm2,systemd-pkcs11",
	  { -ENOANO, -ENOANO, 0 },
	  "-p",
	  "pin? systemd-tpm2|tried|pin? systemd-pkcs11|tried|open|",
	  0,
	  3 },
	{ "a PIN is wanted, hardware comes meanwhile",
	  "systemd-tpm2,systemd-pkcs11",
	  { -ENOANO, -EAGAIN, 0 },
	  "t",
	  "pin? systemd-tpm2|tried systemd-pkcs11|open|",
	  0,
	  3 },
	{ "a PIN is wanted, and asked for once",
	  "systemd-tpm2,systemd-pkcs11",
	  { -ENOANO, -EAGAIN, -EAGAIN, 0 },
	  "tp",
	  "pin? systemd-tpm2|tried systemd-pkcs11|tried systemd-pkcs11|open|",
	  0,
	  4 },
	{ "pulled out while its PIN is tried",
	  "systemd-pkcs11",
	  { -ENOANO, -EAGAIN, -ENOANO, 0 },
	  "ptp",
	  "pin? systemd-pkcs11|tried|tried systemd-pkcs11|pin? systemd-pkcs11|tried|open|",
	  0,
	  4 },
	{ "a PIN that nobody wanted",
	  "systemd-tpm2",
	  { -EAGAIN },
	  "p",
	  "tried systemd-tpm2|tried systemd-tpm2|",
	  -EPIPE,
	  1 },

	{ "no key in the keyring", "luks2-keyring", { -EPERM }, "", "", -ENOENT, 1 },
	{ "no security key", "systemd-fido2", { 0 }, "", "tried systemd-fido2|", -EPIPE, 0 },
	{ "for whom there is no plug-in", "systemd-recovery,clevis", { 0 }, "", "", -ENOENT, 0 },
};

static void start(const struct row *row)
{
	types = row->types;
	memcpy(answers, row->answers, sizeof(answers));
	n_answers_taken = 0;
	requests = row->requests;
	strbuf_done(&talk);
	talk = (struct strbuf){ 0 };
}

static void serve(const struct row *row)
{
	struct volume volume = { 0 };
	struct secret *scratch = secret_new();

	assert_non_null(scratch);
	start(row);
	assert_int_equal(tokens_serve(&volume, scratch), row->result);
	assert_string_equal(strbuf_string(&talk), row->talk);
	assert_int_equal(n_answers_taken, row->n_asked);
	assert_string_equal(requests, "");
	assert_int_equal(scratch->size, 0);
	(void)secret_free(scratch);
}

static void tokens_are_served(void **state)
{
	serve(*state);
}

static void test_no_plug_ins(void **state)
{
	const struct row row = {
		.types = "systemd-tpm2",
		.requests = "",
		.talk = TPM_REFUSED("this image has no plug-in for it"),
		.result = -ENOENT,
	};

	has_no_plug_ins = true;
	serve(&row);
	has_no_plug_ins = false;
}

struct types_row {
	const char *name;
	const char *types, *found;
};

static const struct types_row types_rows[] = {
	{ "none", "", "" },
	{ "each once, in the order of use", "systemd-fido2,systemd-tpm2,systemd-fido2",
	  "systemd-tpm2,systemd-fido2" },
	{ "all, and others",
	  "clevis,systemd-fido2,systemd-pkcs11,systemd-tpm2,luks2-keyring,systemd-recovery",
	  "luks2-keyring,systemd-tpm2,systemd-pkcs11,systemd-fido2" },
};

static void types_are_told(void **state)
{
	const struct types_row *row = *state;
	char found[128];

	types = row->types;
	header_tokens(NULL, found, sizeof(found));
	assert_string_equal(found, row->found);
}

int main(void)
{
	struct test_list list = { 0 };
	int n_failed;

	TEST_ROWS(&list, tokens_are_served, rows);
	TEST(&list, test_no_plug_ins);
	TEST_ROWS(&list, types_are_told, types_rows);
	n_failed = test_list_run(&list);
	strbuf_done(&talk);
	return n_failed;
}
