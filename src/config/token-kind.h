/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * The tokens of a LUKS2 header that a volume may be opened by, in the order in which they are
 * tried: what needs nobody comes first.
 */
enum token_kind {
	TOKEN_KIND_KEYRING,
	TOKEN_KIND_TPM2,
	TOKEN_KIND_PKCS11,
	TOKEN_KIND_FIDO2,
	N_TOKEN_KINDS,
};

/* The kind of the tokens that headers call @type, N_TOKEN_KINDS for any other. */
enum token_kind token_kind_find(const char *type);

const char *token_kind_get_type(enum token_kind kind);

/* For messages: "the TPM". */
const char *token_kind_get_title(enum token_kind kind);
