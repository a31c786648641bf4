/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The LUKS2 On-Disk Format Specification 1.1.3 in tables, without what no volume that is to be
 * opened here has: hardware encryption, whose data are in the clear but for the drive's word.
 */
#include "unlock/luks2-layout.h"

#include "unlock/header-rules.h"
#include "unlock/json-shape.h"

#define KEY_BYTES_MAX 512
#define SALT_BYTES    32
#define NUMBER_MAX    (HEADER_KEYSLOTS_MAX - 1)

#define MEMBERS(array) .members = (array), .n_members = ARRAY_SIZE(array)

static const char *hash_complaint(const char *name)
{
	return hash_is_known(name) ? NULL : "a hash that is not among those allowed";
}

/*
 * Keyslots. Costs have limits of their own, which only leave the keyslot out. Members of another
 * key derivation are what cryptsetup 2.0 left behind when a passphrase was changed; libcryptsetup
 * drops them (luks2_keyslot_repair()).
 */

static const struct json_member pbkdf2_members[] = {
	{ "hash", JSON_KIND_CHECKED, .complain = hash_complaint },
	{ "iterations", JSON_KIND_NUMBER, .min = 1, .max = INT64_MAX },
	{ "salt", JSON_KIND_BASE64, .min = SALT_BYTES, .max = SALT_BYTES },
	{ "time", JSON_KIND_NUMBER, .is_optional = true, .min = 0, .max = INT64_MAX },
	{ "memory", JSON_KIND_NUMBER, .is_optional = true, .min = 0, .max = INT64_MAX },
	{ "cpus", JSON_KIND_NUMBER, .is_optional = true, .min = 0, .max = INT64_MAX },
};

static const struct json_member argon2_members[] = {
	{ "time", JSON_KIND_NUMBER, .min = 1, .max = INT64_MAX },
	{ "memory", JSON_KIND_NUMBER, .min = 1, .max = INT64_MAX },
	{ "cpus", JSON_KIND_NUMBER, .min = 1, .max = INT64_MAX },
	{ "salt", JSON_KIND_BASE64, .min = SALT_BYTES, .max = SALT_BYTES },
	{ "hash", JSON_KIND_CHECKED, .is_optional = true, .complain = hash_complaint },
	{ "iterations", JSON_KIND_NUMBER, .is_optional = true, .min = 0, .max = INT64_MAX },
};

static const struct json_variant kdfs[] = {
	{ .type = "pbkdf2", MEMBERS(pbkdf2_members) },
	{ .type = "argon2i", MEMBERS(argon2_members) },
	{ .type = "argon2id", MEMBERS(argon2_members) },
	{ 0 },
};

static const struct json_member af_members[] = {
	{ "stripes", JSON_KIND_NUMBER, .min = AF_STRIPES, .max = AF_STRIPES },
	{ "hash", JSON_KIND_CHECKED, .complain = hash_complaint },
};

static const struct json_variant afs[] = { { .type = "luks1", MEMBERS(af_members) }, { 0 } };

static const struct json_member raw_area_members[] = {
	{ "encryption", JSON_KIND_CHECKED, .complain = cipher_complaint },
	{ "key_size", JSON_KIND_NUMBER, .min = 1, .max = KEY_BYTES_MAX },
	{ "offset", JSON_KIND_DECIMAL },
	{ "size", JSON_KIND_DECIMAL },
};

static const struct json_variant raw_areas[] = {
	{ .type = "raw", MEMBERS(raw_area_members) },
	{ 0 },
};

static const struct json_member luks2_keyslot_members[] = {
	{ "key_size", JSON_KIND_NUMBER, .min = 1, .max = KEY_BYTES_MAX },
	{ "priority", JSON_KIND_NUMBER, .is_optional = true, .min = 0, .max = 2 },
	{ "kdf", JSON_KIND_OBJECT, .variants = kdfs },
	{ "af", JSON_KIND_OBJECT, .variants = afs },
	{ "area", JSON_KIND_OBJECT, .variants = raw_areas },
};

/* Segments. */

static const char *const no_words[] = { "none", NULL };
static const char *const dynamic_words[] = { "dynamic", NULL };
static const char *const integrity_words[] = {
	"aead", "hmac(sha1)", "hmac(sha256)", "hmac(sha512)", "poly1305", "cmac(aes)", NULL,
};

static const struct json_member integrity_members[] = {
	{ "type", JSON_KIND_WORD, .words = integrity_words },
	{ "journal_encryption", JSON_KIND_WORD, .words = no_words },
	{ "journal_integrity", JSON_KIND_WORD, .words = no_words },
	{ "key_size", JSON_KIND_NUMBER, .is_optional = true, .min = 1, .max = KEY_BYTES_MAX },
};

static const struct json_variant integrities[] = { { MEMBERS(integrity_members) }, { 0 } };

static const struct json_member crypt_segment_members[] = {
	{ "offset", JSON_KIND_DECIMAL },
	{ "size", JSON_KIND_DECIMAL, .words = dynamic_words },
	{ "iv_tweak", JSON_KIND_DECIMAL },
	{ "encryption", JSON_KIND_CHECKED, .complain = cipher_complaint },
	{ "sector_size", JSON_KIND_NUMBER, .min = 512, .max = 4096 },
	{ "integrity", JSON_KIND_OBJECT, .is_optional = true, .variants = integrities },
	{ "flags", JSON_KIND_TEXTS, .is_optional = true },
};

static const struct json_variant segments[] = {
	{ .type = "crypt", MEMBERS(crypt_segment_members) },
	{ 0 },
};

/* Digests. */

static const struct json_member digest_members[] = {
	{ "keyslots", JSON_KIND_REFERENCES, .of = "keyslots" },
	{ "segments", JSON_KIND_REFERENCES, .of = "segments" },
	{ "hash", JSON_KIND_CHECKED, .complain = hash_complaint },
	{ "iterations", JSON_KIND_NUMBER, .min = 1, .max = INT64_MAX },
	{ "salt", JSON_KIND_BASE64, .min = SALT_BYTES, .max = SALT_BYTES },
	{ "digest", JSON_KIND_BASE64, .min = 20, .max = 64 },
};

static const struct json_variant digests[] = {
	{ .type = "pbkdf2", MEMBERS(digest_members) },
	{ 0 },
};

/* Tokens are what their plug-ins make of them. */

static const struct json_member token_members[] = { { "keyslots", JSON_KIND_REFERENCES,
						      .of = "keyslots" } };

static const struct json_variant tokens[] = {
	{ .type = "", MEMBERS(token_members), .is_open = true },
	{ 0 },
};

/* Configuration. */

static const struct json_member requirement_members[] = { { "mandatory", JSON_KIND_TEXTS,
							    .is_optional = true } };

static const struct json_variant requirements[] = { { MEMBERS(requirement_members) }, { 0 } };

static const struct json_member config_members[] = {
	{ "json_size", JSON_KIND_DECIMAL },
	{ "keyslots_size", JSON_KIND_DECIMAL },
	{ "flags", JSON_KIND_TEXTS, .is_optional = true },
	{ "requirements", JSON_KIND_OBJECT, .is_optional = true, .variants = requirements },
};

static const struct json_variant configs[] = { { MEMBERS(config_members) }, { 0 } };

static const struct json_variant keyslots[] = {
	{ .type = "luks2", MEMBERS(luks2_keyslot_members) },
	{ 0 },
};

static const struct json_member top_members[] = {
	{ "keyslots", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = keyslots },
	{ "segments", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = segments },
	{ "digests", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = digests },
	{ "tokens", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = tokens },
	{ "config", JSON_KIND_OBJECT, .variants = configs },
};

const struct json_variant luks2_layout = { MEMBERS(top_members) };

/* What re-encryption adds: its own keyslot, and segments that are in the clear so far or again. */

static const char *const modes[] = { "reencrypt", "encrypt", "decrypt", NULL };
static const char *const directions[] = { "forward", "backward", NULL };

static const struct json_member resilience_members[] = {
	{ "offset", JSON_KIND_DECIMAL },
	{ "size", JSON_KIND_DECIMAL },
	{ "hash", JSON_KIND_CHECKED, .is_optional = true, .complain = hash_complaint },
	{ "sector_size", JSON_KIND_NUMBER, .is_optional = true, .min = 512, .max = 4096 },
	{ "shift_size", JSON_KIND_DECIMAL, .is_optional = true },
};

static const struct json_variant resiliences[] = {
	{ .type = "none", MEMBERS(resilience_members) },
	{ .type = "journal", MEMBERS(resilience_members) },
	{ .type = "checksum", MEMBERS(resilience_members) },
	{ .type = "datashift", MEMBERS(resilience_members) },
	{ .type = "datashift-journal", MEMBERS(resilience_members) },
	{ .type = "datashift-checksum", MEMBERS(resilience_members) },
	{ 0 },
};

static const struct json_member reencrypt_keyslot_members[] = {
	{ "key_size", JSON_KIND_NUMBER, .min = 1, .max = 1 },
	{ "priority", JSON_KIND_NUMBER, .is_optional = true, .min = 0, .max = 2 },
	{ "mode", JSON_KIND_WORD, .words = modes },
	{ "direction", JSON_KIND_WORD, .words = directions },
	{ "area", JSON_KIND_OBJECT, .variants = resiliences },
};

static const struct json_variant keyslots_reencrypting[] = {
	{ .type = "luks2", MEMBERS(luks2_keyslot_members) },
	{ .type = "reencrypt", MEMBERS(reencrypt_keyslot_members) },
	{ 0 },
};

static const struct json_member linear_segment_members[] = {
	{ "offset", JSON_KIND_DECIMAL },
	{ "size", JSON_KIND_DECIMAL, .words = dynamic_words },
	{ "flags", JSON_KIND_TEXTS, .is_optional = true },
};

static const struct json_variant segments_reencrypting[] = {
	{ .type = "crypt", MEMBERS(crypt_segment_members) },
	{ .type = "linear", MEMBERS(linear_segment_members) },
	{ 0 },
};

static const struct json_member top_members_reencrypting[] = {
	{ "keyslots", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = keyslots_reencrypting },
	{ "segments", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = segments_reencrypting },
	{ "digests", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = digests },
	{ "tokens", JSON_KIND_NUMBERED, .max = NUMBER_MAX, .variants = tokens },
	{ "config", JSON_KIND_OBJECT, .variants = configs },
};

const struct json_variant luks2_layout_reencrypting = { MEMBERS(top_members_reencrypting) };
