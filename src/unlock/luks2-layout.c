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

#define MEMBERS(array) .members = (array), .n_members = ARRAY_SIZE(array)
#define LAST      \
	{         \
		0 \
	}

static const char *hash_complaint(const char *name)
{
	return hash_is_known(name) ? NULL : "a hash that is not among those allowed";
}

#define CIPHER(member)                                                                  \
	{                                                                               \
		.name = member, .kind = JSON_KIND_CHECKED, .complain = cipher_complaint \
	}
#define HASH(member)                                                                  \
	{                                                                             \
		.name = member, .kind = JSON_KIND_CHECKED, .complain = hash_complaint \
	}
#define DECIMAL(member)                                   \
	{                                                 \
		.name = member, .kind = JSON_KIND_DECIMAL \
	}
#define WORD(member, list)                                            \
	{                                                             \
		.name = member, .kind = JSON_KIND_WORD, .words = list \
	}
#define NUMBER(member, least, most)                                                 \
	{                                                                           \
		.name = member, .kind = JSON_KIND_NUMBER, .min = least, .max = most \
	}
#define BASE64(member, least, most)                                                 \
	{                                                                           \
		.name = member, .kind = JSON_KIND_BASE64, .min = least, .max = most \
	}
#define OBJECT(member, list)                                               \
	{                                                                  \
		.name = member, .kind = JSON_KIND_OBJECT, .variants = list \
	}
#define NUMBERED(member, list)                                                              \
	{                                                                                   \
		.name = member, .kind = JSON_KIND_NUMBERED, .max = HEADER_KEYSLOTS_MAX - 1, \
		.variants = list                                                            \
	}
#define REFERENCES(member, to)                                         \
	{                                                              \
		.name = member, .kind = JSON_KIND_REFERENCES, .of = to \
	}
#define OPTIONAL_TEXTS(member)                                               \
	{                                                                    \
		.name = member, .kind = JSON_KIND_TEXTS, .is_optional = true \
	}
#define OPTIONAL_NUMBER(member, least, most)                                                 \
	{                                                                                    \
		.name = member, .kind = JSON_KIND_NUMBER, .is_optional = true, .min = least, \
		.max = most                                                                  \
	}
#define OPTIONAL_OBJECT(member, list)                                                           \
	{                                                                                       \
		.name = member, .kind = JSON_KIND_OBJECT, .is_optional = true, .variants = list \
	}

/* Keyslots. Costs have limits of their own, which only leave the keyslot out. */

static const struct json_member pbkdf2_members[] = {
	HASH("hash"),
	NUMBER("iterations", 1, INT64_MAX),
	BASE64("salt", SALT_BYTES, SALT_BYTES),
};

static const struct json_member argon2_members[] = {
	NUMBER("time", 1, INT64_MAX),
	NUMBER("memory", 1, INT64_MAX),
	NUMBER("cpus", 1, INT64_MAX),
	BASE64("salt", SALT_BYTES, SALT_BYTES),
};

static const struct json_variant kdfs[] = {
	{ .type = "pbkdf2", MEMBERS(pbkdf2_members) },
	{ .type = "argon2i", MEMBERS(argon2_members) },
	{ .type = "argon2id", MEMBERS(argon2_members) },
	LAST,
};

static const struct json_member af_members[] = {
	NUMBER("stripes", AF_STRIPES, AF_STRIPES),
	HASH("hash"),
};

static const struct json_variant afs[] = { { .type = "luks1", MEMBERS(af_members) }, LAST };

static const struct json_member raw_area_members[] = {
	CIPHER("encryption"),
	NUMBER("key_size", 1, KEY_BYTES_MAX),
	DECIMAL("offset"),
	DECIMAL("size"),
};

static const struct json_variant raw_areas[] = {
	{ .type = "raw", MEMBERS(raw_area_members) },
	LAST,
};

static const struct json_member luks2_keyslot_members[] = {
	NUMBER("key_size", 1, KEY_BYTES_MAX),
	OPTIONAL_NUMBER("priority", 0, 2),
	OBJECT("kdf", kdfs),
	OBJECT("af", afs),
	OBJECT("area", raw_areas),
};

/* Segments. */

static const char *const no_words[] = { "none", NULL };
static const char *const dynamic_words[] = { "dynamic", NULL };
static const char *const integrity_words[] = {
	"aead", "hmac(sha1)", "hmac(sha256)", "hmac(sha512)", "poly1305", "cmac(aes)", NULL,
};

static const struct json_member integrity_members[] = {
	WORD("type", integrity_words),
	WORD("journal_encryption", no_words),
	WORD("journal_integrity", no_words),
	OPTIONAL_NUMBER("key_size", 1, KEY_BYTES_MAX),
};

static const struct json_variant integrities[] = { { MEMBERS(integrity_members) }, LAST };

static const struct json_member crypt_segment_members[] = {
	DECIMAL("offset"),
	{ .name = "size", .kind = JSON_KIND_DECIMAL, .words = dynamic_words },
	DECIMAL("iv_tweak"),
	CIPHER("encryption"),
	NUMBER("sector_size", 512, 4096),
	OPTIONAL_OBJECT("integrity", integrities),
	OPTIONAL_TEXTS("flags"),
};

static const struct json_variant segments[] = {
	{ .type = "crypt", MEMBERS(crypt_segment_members) },
	LAST,
};

/* Digests. */

static const struct json_member digest_members[] = {
	REFERENCES("keyslots", "keyslots"),
	REFERENCES("segments", "segments"),
	HASH("hash"),
	NUMBER("iterations", 1, INT64_MAX),
	BASE64("salt", SALT_BYTES, SALT_BYTES),
	BASE64("digest", 20, 64),
};

static const struct json_variant digests[] = {
	{ .type = "pbkdf2", MEMBERS(digest_members) },
	LAST,
};

/* Tokens are what their plug-ins make of them. */

static const struct json_member token_members[] = { REFERENCES("keyslots", "keyslots") };

static const struct json_variant tokens[] = {
	{ .type = "", MEMBERS(token_members), .is_open = true },
	LAST,
};

/* Configuration. */

static const struct json_member requirement_members[] = { OPTIONAL_TEXTS("mandatory") };

static const struct json_variant requirements[] = { { MEMBERS(requirement_members) }, LAST };

static const struct json_member config_members[] = {
	DECIMAL("json_size"),
	DECIMAL("keyslots_size"),
	OPTIONAL_TEXTS("flags"),
	OPTIONAL_OBJECT("requirements", requirements),
};

static const struct json_variant configs[] = { { MEMBERS(config_members) }, LAST };

static const struct json_variant keyslots[] = {
	{ .type = "luks2", MEMBERS(luks2_keyslot_members) },
	LAST,
};

static const struct json_member top_members[] = {
	NUMBERED("keyslots", keyslots), NUMBERED("segments", segments),
	NUMBERED("digests", digests),   NUMBERED("tokens", tokens),
	OBJECT("config", configs),
};

const struct json_variant luks2_layout = { MEMBERS(top_members) };

/* What re-encryption adds: its own keyslot, and segments that are in the clear so far or again. */

static const char *const modes[] = { "reencrypt", "encrypt", "decrypt", NULL };
static const char *const directions[] = { "forward", "backward", NULL };

static const struct json_member resilience_members[] = {
	DECIMAL("offset"),
	DECIMAL("size"),
	{ .name = "hash",
	  .kind = JSON_KIND_CHECKED,
	  .is_optional = true,
	  .complain = hash_complaint },
	OPTIONAL_NUMBER("sector_size", 512, 4096),
	{ .name = "shift_size", .kind = JSON_KIND_DECIMAL, .is_optional = true },
};

static const struct json_variant resiliences[] = {
	{ .type = "none", MEMBERS(resilience_members) },
	{ .type = "journal", MEMBERS(resilience_members) },
	{ .type = "checksum", MEMBERS(resilience_members) },
	{ .type = "datashift", MEMBERS(resilience_members) },
	{ .type = "datashift-journal", MEMBERS(resilience_members) },
	{ .type = "datashift-checksum", MEMBERS(resilience_members) },
	LAST,
};

static const struct json_member reencrypt_keyslot_members[] = {
	NUMBER("key_size", 1, 1),      OPTIONAL_NUMBER("priority", 0, 2), WORD("mode", modes),
	WORD("direction", directions), OBJECT("area", resiliences),
};

static const struct json_variant keyslots_reencrypting[] = {
	{ .type = "luks2", MEMBERS(luks2_keyslot_members) },
	{ .type = "reencrypt", MEMBERS(reencrypt_keyslot_members) },
	LAST,
};

static const struct json_member linear_segment_members[] = {
	DECIMAL("offset"),
	{ .name = "size", .kind = JSON_KIND_DECIMAL, .words = dynamic_words },
	OPTIONAL_TEXTS("flags"),
};

static const struct json_variant segments_reencrypting[] = {
	{ .type = "crypt", MEMBERS(crypt_segment_members) },
	{ .type = "linear", MEMBERS(linear_segment_members) },
	LAST,
};

static const struct json_member top_members_reencrypting[] = {
	NUMBERED("keyslots", keyslots_reencrypting),
	NUMBERED("segments", segments_reencrypting),
	NUMBERED("digests", digests),
	NUMBERED("tokens", tokens),
	OBJECT("config", configs),
};

const struct json_variant luks2_layout_reencrypting = { MEMBERS(top_members_reencrypting) };
