/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which ciphers, modes and hashes a header may name. A list of what is allowed, because the kernel
 * knows many names for no encryption at all: cipher_null, ecb(cipher_null), "null" and what a
 * capi: string may hide.
 */
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/str.h"
#include "unlock/header-rules.h"

static const char *const ciphers[] = {
	"aes",  "serpent", "twofish",       "camellia",      "cast5",    "cast6",
	"aria", "sm4",     "xchacha12,aes", "xchacha20,aes", "chacha20", "aegis128",
};

/* Those of an authenticated cipher are among them; dm-integrity keeps their tags. */
static const char *const modes[] = { "xts", "cbc", "lrw", "adiantum", "hctr2", "gcm", "ccm" };

static const char *const ivs[] = { "plain", "plain64", "plain64be", "benbi", "eboiv", "random" };

static const char *const hashes[] = {
	"sha1",        "sha224",      "sha256",      "sha384",      "sha512",      "sha3-224",
	"sha3-256",    "sha3-384",    "sha3-512",    "ripemd160",   "whirlpool",   "blake2b-160",
	"blake2b-256", "blake2b-384", "blake2b-512", "blake2s-160", "blake2s-224", "blake2s-256",
	"sm3",         "stribog256",  "stribog512",
};

static bool is_among(const char *const *words, size_t n_words, const char *word, size_t size)
{
	for (size_t i = 0; i < n_words; i++)
		if (str_item_is(word, size, words[i]))
			return true;
	return false;
}

bool hash_is_known(const char *name)
{
	/* cryptsetup once wrote "SHA1" as it was typed. */
	for (size_t i = 0; i < ARRAY_SIZE(hashes); i++)
		if (strcasecmp(name, hashes[i]) == 0)
			return true;
	return false;
}

static bool iv_is_known(const char *iv)
{
	const char *hash = str_after_prefix(iv, "essiv:");

	return hash ? hash_is_known(hash) : is_among(ivs, ARRAY_SIZE(ivs), iv, strlen(iv));
}

const char *cipher_complaint(const char *spec)
{
	size_t cipher_size = strcspn(spec, "-"), mode_size;
	const char *mode, *iv;

	if (strstr(spec, "null"))
		return "which does not encrypt";
	if (!is_among(ciphers, ARRAY_SIZE(ciphers), spec, cipher_size))
		return "a cipher that is not among those allowed";
	if (!spec[cipher_size])
		return "which names no mode";
	mode = spec + cipher_size + 1;
	/* One word alone is that of the initialisation vector: "aes-plain" is aes-cbc-plain. */
	mode_size = strcspn(mode, "-");
	if (!mode[mode_size])
		return iv_is_known(mode) ? NULL : "whose mode is not among those allowed";
	if (!is_among(modes, ARRAY_SIZE(modes), mode, mode_size))
		return "whose mode is not among those allowed";
	iv = mode + mode_size + 1;
	return iv_is_known(iv) ? NULL : "whose initialisation vector is not among those allowed";
}
