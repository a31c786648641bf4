/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/token-kind.h"

#include "base/str.h"

static const struct {
	const char *type, *title;
} kinds[N_TOKEN_KINDS] = {
	[TOKEN_KIND_KEYRING] = { "luks2-keyring", "the kernel's keyring" },
	[TOKEN_KIND_TPM2] = { "systemd-tpm2", "the TPM" },
	[TOKEN_KIND_PKCS11] = { "systemd-pkcs11", "the smart card" },
	[TOKEN_KIND_FIDO2] = { "systemd-fido2", "the security key" },
};

enum token_kind token_kind_find(const char *type)
{
	unsigned int kind = 0;

	while (kind < N_TOKEN_KINDS && !str_equal(kinds[kind].type, type))
		kind++;
	return (enum token_kind)kind;
}

const char *token_kind_get_type(enum token_kind kind)
{
	return kinds[kind].type;
}

const char *token_kind_get_title(enum token_kind kind)
{
	return kinds[kind].title;
}
