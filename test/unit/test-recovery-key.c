/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/recovery-key.h"

#include <string.h>

#include "base/secret.h"
#include "support.h"

/* What systemd-cryptenroll(1) shows as an example of one. */
#define KEY      "vbcrnbjn-vkrkihnf-vkkibvlg-biuenien-ffjkcvkd-hllicbtu-ehkvnibe-itkluebr"
#define EIGHT(x) x x x x x x x x

struct row {
	const char *name;
	const char *typed, *expected; /* NULL: as it was typed */
};

static const struct row rows[] = {
	{ "as it was made", KEY, NULL },
	{ "upper case", "VBCRNBJN-VKRKIHNF-VKKIBVLG-BIUENIEN-FFJKCVKD-HLLICBTU-EHKVNIBE-ITKLUEBR",
	  KEY },
	{ "one letter in upper case",
	  "vbcrnbjn-vkrkihnf-vkkibvlg-biuenien-ffjkcvkd-hllicbtu-ehkvnibe-itkluebR", KEY },
	{ "without dashes", "vbcrnbjnvkrkihnfvkkibvlgbiuenienffjkcvkdhllicbtuehkvnibeitkluebr",
	  KEY },
	{ "spaces for dashes",
	  "vbcrnbjn vkrkihnf vkkibvlg biuenien ffjkcvkd hllicbtu ehkvnibe itkluebr", KEY },
	{ "a space at the end", KEY " ", KEY },
	{ "dashes elsewhere",
	  "vbcr-nbjn-vkrk-ihnf-vkki-bvlg-biue-nien-ffjk-cvkd-hlli-cbtu-ehkv-nibe-itkl-uebr", KEY },
	{ "nothing", "", NULL },
	{ "only dashes", "--------", NULL },
	{ "a passphrase", "correct horse battery staple", NULL },
	{ "too short", "vbcrnbjn-vkrkihnf-vkkibvlg-biuenien-ffjkcvkd-hllicbtu-ehkvnibe-itklueb",
	  NULL },
	{ "too long", KEY "b", NULL },
	{ "another letter",
	  "abcrnbjn-vkrkihnf-vkkibvlg-biuenien-ffjkcvkd-hllicbtu-ehkvnibe-itkluebr", NULL },
	{ "digits", EIGHT("12345678"), NULL },
	{ "beyond ASCII", "\xc3\xa4" EIGHT("bbbbbbbb"), NULL },
};

static void becomes_what_was_enrolled(void **state)
{
	const struct row *row = *state;
	const char *expected = row->expected ? row->expected : row->typed;
	struct secret *secret = secret_new();

	for (const char *c = row->typed; *c; c++)
		assert_int_equal(secret_append(secret, *c), 0);
	assert_int_equal(recovery_key_normalise(secret), row->expected != NULL);
	assert_int_equal(secret->size, strlen(expected));
	assert_memory_equal(secret->bytes, expected, secret->size);
	if (row->expected)
		for (size_t i = secret->size; i < sizeof(secret->bytes); i++)
			assert_int_equal(secret->bytes[i], 0);
	assert_false(recovery_key_normalise(secret));
	secret_free(secret);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, becomes_what_was_enrolled, rows);
	return test_list_run(&list);
}
