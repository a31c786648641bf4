/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A LUKS header: as it is, and, since no fuzzer finds a checksum, as the JSON of a LUKS2 header
 * that is otherwise in order. What is accepted must be within its bounds.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "unlock/header-check.h"
#include "unlock/luks2-copies.h"

#define DEVICE_BYTES (64U << 20)
#define COPY_BYTES   16384U

static void check_area(const struct header_verdict *verdict, size_t number)
{
	const struct header_keyslot *keyslot = &verdict->keyslots[number];

	if (!keyslot->is_active)
		return;
	FUZZ_CHECK(keyslot->is_left_out || keyslot->memory_kib <= verdict->memory_kib);
	FUZZ_CHECK(keyslot->material_bytes > 0 && keyslot->material_bytes <= keyslot->size_bytes);
	FUZZ_CHECK(keyslot->size_bytes <= verdict->size_bytes);
	FUZZ_CHECK(keyslot->offset_bytes <= verdict->size_bytes - keyslot->size_bytes);
	for (size_t i = 0; i < number; i++) {
		const struct header_keyslot *other = &verdict->keyslots[i];

		FUZZ_CHECK(!other->is_active ||
			   other->offset_bytes + other->size_bytes <= keyslot->offset_bytes ||
			   keyslot->offset_bytes + keyslot->size_bytes <= other->offset_bytes);
	}
}

static void check(const uint8_t *bytes, size_t size, bool allows_reencryption)
{
	struct header_context context = {
		.limits = luks_limits_default,
		.available_kib = 1 << 20,
		.device_size_bytes = DEVICE_BYTES,
	};
	struct header_verdict verdict;
	int r;

	context.limits.allows_reencryption = allows_reencryption;
	r = header_check(bytes, size, &context, &verdict);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	FUZZ_CHECK((r == 0) == (verdict.text[0] == '\0'));
	for (const char *c = verdict.text; *c; c++)
		FUZZ_CHECK(*c >= ' ' && *c <= '~');
	if (r < 0)
		return;
	FUZZ_CHECK(verdict.size_bytes <= DEVICE_BYTES);
	FUZZ_CHECK(verdict.memory_kib <= context.available_kib);
	FUZZ_CHECK(!verdict.is_reencrypting || allows_reencryption);
	for (size_t i = 0; i < HEADER_KEYSLOTS_MAX; i++)
		check_area(&verdict, i);
}

/* Both copies the same. */
static void check_as_json(const uint8_t *json, size_t size)
{
	static const uint8_t heads[2][8] = { "LUKS\xba\xbe\0\2", "SKUL\xba\xbe\0\2" };
	_cleanup_free_ uint8_t *bytes = calloc(2, COPY_BYTES);

	if (!bytes || size > COPY_BYTES - LUKS2_BINARY_BYTES)
		return;
	for (size_t i = 0; i < 2; i++) {
		uint8_t *copy = bytes + i * COPY_BYTES;

		memcpy(copy, heads[i], sizeof(heads[i]));
		copy[14] = COPY_BYTES >> 8;
		memcpy(copy + 72, "sha256", 6);
		copy[262] = (uint8_t)(i * COPY_BYTES >> 8);
		memcpy(copy + LUKS2_BINARY_BYTES, json, size);
		if (luks2_copy_seal(copy, COPY_BYTES) < 0)
			return;
	}
	check(bytes, 2 * COPY_BYTES, false);
	check(bytes, 2 * COPY_BYTES, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FUZZ_CHECK(header_bytes_wanted(data, size) <= HEADER_METADATA_MAX);
	check(data, size, false);
	check_as_json(data, size);
	return 0;
}
