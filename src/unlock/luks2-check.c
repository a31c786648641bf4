/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In this order: which of the two copies counts, and whether they agree; what the volume requires
 * of whoever opens it; what its JSON may hold at all (luks2-layout.c); and what the members of that
 * mean for each other.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "unlock/header-rules.h"
#include "unlock/json-shape.h"
#include "unlock/luks2-copies.h"
#include "unlock/luks2-layout.h"

#define KEYSLOTS_SIZE_MAX (128ULL << 20)
#define ARGON2_CPUS_MAX   4 /* cryptsetup asks for no more either */

struct check {
	const struct header_context *context;
	struct header_verdict *verdict;
	struct json_object *document;
	uint64_t keyslots_start_bytes, keyslots_end_bytes; /* where key material may be */
};

static void cleanup_json(struct json_object **object)
{
	(void)json_object_put(*object);
}

static void cleanup_tokener(struct json_tokener **tokener)
{
	if (*tokener)
		json_tokener_free(*tokener);
}

/*
 * With the parser and the settings of libcryptsetup, which must not see another thing than we do.
 * Nothing but zeroes may follow. 0, -EBADMSG or -ENOMEM.
 */
static int parse_json(const struct luks2_copy *copy, struct json_object **ret_document)
{
	const char *text = (const char *)copy->bytes + LUKS2_BINARY_BYTES;
	size_t size = copy->size_bytes - LUKS2_BINARY_BYTES, end;
	_cleanup_(cleanup_tokener) struct json_tokener *tokener = json_tokener_new();
	_cleanup_(cleanup_json) struct json_object *document = NULL;

	if (!tokener)
		return -ENOMEM;
	document = json_tokener_parse_ex(tokener, text, (int)size);
	if (!document || text[0] != '{')
		return -EBADMSG;
	end = json_tokener_get_parse_end(tokener);
	if (end >= size)
		return -EBADMSG;
	for (; end < size; end++)
		if (text[end])
			return -EBADMSG;
	*ret_document = TAKE_PTR(document);
	return 0;
}

static int parse_document(struct check *check, const struct luks2_copy *copy)
{
	int r = parse_json(copy, &check->document);

	return r == -EBADMSG ? header_refuse(check->verdict, "its JSON part", "makes no sense") : r;
}

/* Of two whole copies with one sequence number libcryptsetup takes the first: they must agree. */
static int compare_documents(struct check *check, const struct luks2_copy *first,
			     const struct luks2_copy *second)
{
	_cleanup_(cleanup_json) struct json_object *other = NULL;
	char field[256] = "";
	int r;

	if (memcmp(first->bytes + LUKS2_BINARY_BYTES, second->bytes + LUKS2_BINARY_BYTES,
		   first->size_bytes - LUKS2_BINARY_BYTES) == 0)
		return 0;
	r = parse_json(second, &other);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !json_find_difference(check->document, other, field, sizeof(field)))
		(void)snprintf(field, sizeof(field), "its JSON part");
	return header_refuse(check->verdict, field, "is not the same in its two copies");
}

static int choose_copy(struct check *check, const uint8_t *bytes, size_t size)
{
	struct header_verdict *verdict = check->verdict;
	struct luks2_copy first, second;
	bool is_first;
	int r;

	r = luks2_copies_find(bytes, size, &first, &second, verdict);
	if (r < 0)
		return r;
	is_first = first.is_whole && (!second.is_whole || first.sequence >= second.sequence);
	if (!is_first)
		verdict->copy_used = HEADER_COPY_SECOND;
	else if (!second.is_whole || first.sequence > second.sequence)
		verdict->copy_used = HEADER_COPY_FIRST;
	verdict->copy_size_bytes = is_first ? first.size_bytes : second.size_bytes;
	r = parse_document(check, is_first ? &first : &second);
	return r < 0 || verdict->copy_used != HEADER_COPY_ANY
		       ? r
		       : compare_documents(check, &first, &second);
}

/* Offline re-encryption leaves a volume that nothing but its own tool can make sense of. */
static int check_requirement(struct check *check, size_t number, const char *requirement)
{
	char field[64];

	(void)snprintf(field, sizeof(field), "config.requirements.mandatory.%zu", number);
	if (!str_after_prefix(requirement, "online-reencrypt"))
		return header_refuse(check->verdict, field, "is \"%s\", which is not known",
				     requirement);
	check->verdict->is_reencrypting = true;
	if (check->context->limits.allows_reencryption)
		return 0;
	return header_refuse(check->verdict, field,
			     "is \"%s\": it is being re-encrypted, and this image was not built "
			     "to go on with that (luks-header = reencryption)",
			     requirement);
}

static int check_requirements(struct check *check)
{
	struct json_object *config = json_member(check->document, "config");
	struct json_object *array = json_member(json_member(config, "requirements"), "mandatory");
	size_t n =
		json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		struct json_object *item = json_object_array_get_idx(array, i);

		/* What is no string the layout will refuse. */
		if (json_object_is_type(item, json_type_string))
			r = check_requirement(check, i, json_object_get_string(item));
	}
	return r;
}

static int check_config(struct check *check)
{
	struct json_object *config = json_member(check->document, "config");
	uint64_t copy_bytes = check->verdict->copy_size_bytes, keyslots_bytes;

	if (json_decimal(config, "json_size") != copy_bytes - LUKS2_BINARY_BYTES)
		return header_refuse(check->verdict, "config.json_size", "is not %" PRIu64,
				     copy_bytes - LUKS2_BINARY_BYTES);
	keyslots_bytes = json_decimal(config, "keyslots_size");
	if (keyslots_bytes % LUKS2_BINARY_BYTES != 0 || keyslots_bytes > KEYSLOTS_SIZE_MAX)
		return header_refuse(check->verdict, "config.keyslots_size",
				     "is no multiple of %u up to %llu", LUKS2_BINARY_BYTES,
				     KEYSLOTS_SIZE_MAX);
	check->keyslots_start_bytes = 2 * copy_bytes;
	check->keyslots_end_bytes = check->verdict->size_bytes =
		check->keyslots_start_bytes + keyslots_bytes;
	if (check->keyslots_end_bytes > check->context->device_size_bytes)
		return header_refuse(check->verdict, "config.keyslots_size",
				     "is more than there is on the device");
	return 0;
}

static int check_area(struct check *check, const char *name, const struct header_keyslot *keyslot)
{
	char field[64];

	(void)snprintf(field, sizeof(field), "keyslots.%s.area.offset", name);
	if (keyslot->offset_bytes < check->keyslots_start_bytes ||
	    keyslot->offset_bytes >= check->keyslots_end_bytes ||
	    keyslot->offset_bytes % SECTOR_BYTES != 0)
		return header_refuse(check->verdict, field,
				     "is not where key material may be, at a sector from %" PRIu64
				     " to %" PRIu64,
				     check->keyslots_start_bytes, check->keyslots_end_bytes);
	(void)snprintf(field, sizeof(field), "keyslots.%s.area.size", name);
	if (keyslot->size_bytes == 0 || keyslot->size_bytes < keyslot->material_bytes)
		return header_refuse(check->verdict, field,
				     "is less than the %" PRIu64 " bytes that the key takes",
				     keyslot->material_bytes);
	if (keyslot->size_bytes > check->keyslots_end_bytes - keyslot->offset_bytes)
		return header_refuse(check->verdict, field, "is more than there is room for");
	return 0;
}

/* With those before it. */
static int check_overlaps(struct check *check, const char *name,
			  const struct header_keyslot *keyslot)
{
	const struct header_keyslot *keyslots = check->verdict->keyslots;
	char field[64];

	(void)snprintf(field, sizeof(field), "keyslots.%s.area", name);
	for (size_t i = 0; i < HEADER_KEYSLOTS_MAX; i++)
		if (&keyslots[i] != keyslot && keyslots[i].size_bytes > 0 &&
		    keyslot->offset_bytes < keyslots[i].offset_bytes + keyslots[i].size_bytes &&
		    keyslots[i].offset_bytes < keyslot->offset_bytes + keyslot->size_bytes)
			return header_refuse(check->verdict, field, "overlaps keyslots.%zu.area",
					     i);
	return 0;
}

static void check_memory(struct check *check, const char *field, struct header_keyslot *keyslot)
{
	const struct header_context *context = check->context;
	char asked[32], limit[32];

	(void)memory_text(keyslot->memory_kib, asked);
	if (keyslot->memory_kib > context->limits.kdf_memory_kib)
		keyslot_leave_out(keyslot, field,
				  "asks for %s of memory, more than the %s that this image allows",
				  asked, memory_text(context->limits.kdf_memory_kib, limit));
	else if (keyslot->memory_kib > context->available_kib)
		keyslot_leave_out(keyslot, field,
				  "asks for %s of memory, more than the %s that are available",
				  asked, memory_text(context->available_kib, limit));
}

static void check_costs(struct check *check, const char *name, struct json_object *kdf,
			struct header_keyslot *keyslot)
{
	const struct luks_limits *limits = &check->context->limits;
	uint64_t time, cpus;
	char field[64];

	if (str_equal(json_text(kdf, "type"), "pbkdf2")) {
		(void)snprintf(field, sizeof(field), "keyslots.%s.kdf.iterations", name);
		keyslot_check_iterations(keyslot, field, json_number(kdf, "iterations"), limits);
		return;
	}
	keyslot->memory_kib = json_number(kdf, "memory");
	(void)snprintf(field, sizeof(field), "keyslots.%s.kdf.memory", name);
	check_memory(check, field, keyslot);
	time = json_number(kdf, "time");
	(void)snprintf(field, sizeof(field), "keyslots.%s.kdf.time", name);
	if (time > limits->kdf_time)
		keyslot_leave_out(keyslot, field,
				  "asks for %" PRIu64 " passes over its memory, more than the "
				  "%" PRIu64 " that this image allows",
				  time, limits->kdf_time);
	cpus = json_number(kdf, "cpus");
	(void)snprintf(field, sizeof(field), "keyslots.%s.kdf.cpus", name);
	if (cpus > ARGON2_CPUS_MAX)
		keyslot_leave_out(keyslot, field, "asks for %" PRIu64 " threads, more than %d",
				  cpus, ARGON2_CPUS_MAX);
}

static int check_keyslots(struct check *check)
{
	json_object_object_foreach(json_member(check->document, "keyslots"), name, value)
	{
		struct header_keyslot *keyslot = &check->verdict->keyslots[atoi(name)];
		struct json_object *area = json_member(value, "area");
		struct json_object *kdf = json_member(value, "kdf");
		int r;

		keyslot->offset_bytes = json_decimal(area, "offset");
		keyslot->size_bytes = json_decimal(area, "size");
		if (kdf)
			keyslot->material_bytes =
				key_material_bytes(json_number(value, "key_size"));
		r = check_area(check, name, keyslot);
		if (r >= 0)
			r = check_overlaps(check, name, keyslot);
		if (r < 0)
			return r;
		if (kdf)
			check_costs(check, name, kdf, keyslot);
	}
	return 0;
}

static int check_segment(struct check *check, const char *name, struct json_object *segment)
{
	const struct header_context *context = check->context;
	uint64_t offset_bytes = json_decimal(segment, "offset");
	uint64_t size_bytes = json_decimal(segment, "size"); /* dynamic: 0 */
	uint64_t sector_bytes = json_number(segment, "sector_size");
	bool is_crypt = str_equal(json_text(segment, "type"), "crypt");
	char field[64];

	(void)snprintf(field, sizeof(field), "segments.%s.sector_size", name);
	if (is_crypt && (sector_bytes & (sector_bytes - 1)) != 0)
		return header_refuse(check->verdict, field, "is no power of two");
	(void)snprintf(field, sizeof(field), "segments.%s.offset", name);
	if (offset_bytes % SECTOR_BYTES != 0)
		return header_refuse(check->verdict, field, "is within a sector");
	(void)snprintf(field, sizeof(field), "segments.%s.size", name);
	if (size_bytes % (is_crypt ? sector_bytes : SECTOR_BYTES) != 0 ||
	    (size_bytes == 0 && !str_equal(json_text(segment, "size"), "dynamic")))
		return header_refuse(check->verdict, field, "is not a number of whole sectors");
	/* Of a header on a device of its own, libcryptsetup compares with that of the data. */
	if (context->is_detached || check->verdict->is_reencrypting)
		return 0;
	if (size_bytes > context->device_size_bytes ||
	    offset_bytes > context->device_size_bytes - size_bytes)
		return header_refuse(check->verdict, field, "is more than there is on the device");
	(void)snprintf(field, sizeof(field), "segments.%s.offset", name);
	if (offset_bytes < check->keyslots_end_bytes || offset_bytes == context->device_size_bytes)
		return header_refuse(check->verdict, field,
				     "is not behind the header, which ends at %" PRIu64
				     ", and before the end of the device",
				     check->keyslots_end_bytes);
	return 0;
}

/* Whatever flags a segment has, they are of re-encryption. */
static int check_flags(struct check *check, const char *name, struct json_object *segment)
{
	struct json_object *flags = json_member(segment, "flags");
	char field[64];

	if (check->verdict->is_reencrypting || !flags || json_object_array_length(flags) == 0)
		return 0;
	(void)snprintf(field, sizeof(field), "segments.%s.flags", name);
	return header_refuse(check->verdict, field,
			     "say \"%s\", but nothing requires re-encryption",
			     json_object_get_string(json_object_array_get_idx(flags, 0)));
}

static int check_segments(struct check *check)
{
	struct json_object *segments = json_member(check->document, "segments");
	int n = json_object_object_length(segments), r = 0;

	if (n == 0 || !json_member(segments, "0"))
		return header_refuse(check->verdict, "segments.0", "is missing");
	if (n > 1 && !check->verdict->is_reencrypting)
		return header_refuse(check->verdict, "segments",
				     "are %d: the data of one volume in several ways", n);
	json_object_object_foreach(segments, name, value)
	{
		r = check_segment(check, name, value);
		if (r >= 0)
			r = check_flags(check, name, value);
		if (r < 0)
			break;
	}
	return r;
}

static bool array_has(struct json_object *array, const char *name)
{
	size_t n = json_object_array_length(array);

	for (size_t i = 0; i < n; i++)
		if (str_equal(json_object_get_string(json_object_array_get_idx(array, i)), name))
			return true;
	return false;
}

/* The number of digests whose member @kind names @name, and the last of them. */
static size_t find_digests(struct check *check, const char *kind, const char *name,
			   struct json_object **ret_digest)
{
	size_t n = 0;

	*ret_digest = NULL;
	json_object_object_foreach(json_member(check->document, "digests"), number, digest)
	{
		(void)number;
		if (!array_has(json_member(digest, kind), name))
			continue;
		*ret_digest = digest;
		n++;
	}
	return n;
}

/* A keyslot is of use if the digest of its key is also that of a segment. */
static int check_links(struct check *check)
{
	struct json_object *digest;
	char field[64];

	if (find_digests(check, "segments", "0", &digest) != 1 && !check->verdict->is_reencrypting)
		return header_refuse(check->verdict, "digests", "have not one for segments.0");
	json_object_object_foreach(json_member(check->document, "keyslots"), name, value)
	{
		size_t n = find_digests(check, "keyslots", name, &digest);

		if (!str_equal(json_text(value, "type"), "luks2"))
			continue;
		(void)snprintf(field, sizeof(field), "keyslots.%s", name);
		if (n != 1)
			return header_refuse(check->verdict, field, "has %zu digests, not 1", n);
		check->verdict->keyslots[atoi(name)].is_active =
			json_object_array_length(json_member(digest, "segments")) > 0;
	}
	return 0;
}

static int check_digests(struct check *check)
{
	json_object_object_foreach(json_member(check->document, "digests"), name, digest)
	{
		char field[64];
		int r;

		(void)snprintf(field, sizeof(field), "digests.%s.iterations", name);
		r = digest_check_iterations(check->verdict, field,
					    json_number(digest, "iterations"),
					    &check->context->limits);
		if (r < 0)
			return r;
	}
	return check_links(check);
}

/* The keyslots of a volume whose header libcryptsetup writes to cannot be left out of it. */
static int check_reencryption(struct check *check)
{
	for (size_t i = 0; check->verdict->is_reencrypting && i < HEADER_KEYSLOTS_MAX; i++) {
		const struct header_keyslot *keyslot = &check->verdict->keyslots[i];

		if (!keyslot->is_left_out)
			continue;
		(void)snprintf(check->verdict->text, sizeof(check->verdict->text),
			       "%s, and no keyslot can be left out during re-encryption",
			       keyslot->reason);
		return -EBADMSG;
	}
	return 0;
}

int luks2_check(const uint8_t *bytes, size_t size, const struct header_context *context,
		struct header_verdict *verdict)
{
	struct check check = { .context = context, .verdict = verdict };
	int r = choose_copy(&check, bytes, size);

	if (r >= 0)
		r = check_requirements(&check);
	if (r >= 0)
		r = json_shape_check(check.document,
				     verdict->is_reencrypting ? &luks2_layout_reencrypting
							      : &luks2_layout,
				     verdict);
	if (r >= 0)
		r = check_config(&check);
	if (r >= 0)
		r = check_keyslots(&check);
	if (r >= 0)
		r = check_segments(&check);
	if (r >= 0)
		r = check_digests(&check);
	if (r >= 0)
		r = check_reencryption(&check);
	(void)json_object_put(check.document);
	return r;
}
