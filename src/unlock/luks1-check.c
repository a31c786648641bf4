/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The fields by the names and offsets of the LUKS1 On-Disk Format Specification 1.2.3. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "unlock/header-rules.h"

#define HEADER_BYTES  592U
#define KEYSLOTS      8U
#define KEYSLOTS_AT   208U
#define KEYSLOT_BYTES 48U
#define ACTIVE        0x00ac71f3U
#define INACTIVE      0x0000deadU
#define KEY_BYTES_MAX 512U

/* A string of the header, and its size there. */
#define NAME_BYTES 32U
#define UUID_BYTES 40U

struct luks1_header {
	char cipher_name[NAME_BYTES], cipher_mode[NAME_BYTES], hash_spec[NAME_BYTES];
	uint64_t payload_offset_bytes, key_bytes, material_bytes;
};

static int take_string(const uint8_t *bytes, size_t size, const char *field, char *ret_string,
		       struct header_verdict *verdict)
{
	if (!memchr(bytes, '\0', size))
		return header_refuse(verdict, field, "does not end");
	if (ret_string)
		memcpy(ret_string, bytes, size);
	return 0;
}

static int take_strings(const uint8_t *bytes, struct luks1_header *header,
			struct header_verdict *verdict)
{
	char cipher[2 * NAME_BYTES];
	const char *complaint;
	int r;

	r = take_string(bytes + 8, NAME_BYTES, "cipher-name", header->cipher_name, verdict);
	if (r >= 0)
		r = take_string(bytes + 40, NAME_BYTES, "cipher-mode", header->cipher_mode,
				verdict);
	if (r >= 0)
		r = take_string(bytes + 72, NAME_BYTES, "hash-spec", header->hash_spec, verdict);
	if (r >= 0)
		r = take_string(bytes + 168, UUID_BYTES, "uuid", NULL, verdict);
	if (r < 0)
		return r;
	(void)snprintf(cipher, sizeof(cipher), "%s-%s", header->cipher_name, header->cipher_mode);
	complaint = cipher_complaint(cipher);
	if (complaint)
		return header_refuse(verdict, "cipher-name and cipher-mode", "are %s, %s", cipher,
				     complaint);
	if (!hash_is_known(header->hash_spec))
		return header_refuse(verdict, "hash-spec",
				     "is %s, a hash that is not among those allowed",
				     header->hash_spec);
	return 0;
}

static int check_numbers(const uint8_t *bytes, const struct header_context *context,
			 struct luks1_header *header, struct header_verdict *verdict)
{
	header->payload_offset_bytes = read_be(bytes + 104, 4) * SECTOR_BYTES;
	header->key_bytes = read_be(bytes + 108, 4);
	if (header->key_bytes == 0 || header->key_bytes > KEY_BYTES_MAX)
		return header_refuse(verdict, "key-bytes", "is %" PRIu64 ", not 1 to %u",
				     header->key_bytes, KEY_BYTES_MAX);
	header->material_bytes = key_material_bytes(header->key_bytes);
	if (!context->is_detached && header->payload_offset_bytes >= context->device_size_bytes)
		return header_refuse(verdict, "payload-offset", "is beyond the end of the device");
	if (read_be(bytes + 164, 4) == 0)
		return header_refuse(verdict, "mk-digest-iter", "is 0");
	return digest_check_iterations(verdict, "mk-digest-iter", read_be(bytes + 164, 4),
				       &context->limits);
}

/* Those that are not active count as well: libcryptsetup refuses a header whose areas overlap. */
static int check_area(const struct header_keyslot *keyslot, const char *field,
		      const struct header_context *context, const struct luks1_header *header,
		      struct header_verdict *verdict)
{
	uint64_t end_bytes = keyslot->offset_bytes + keyslot->size_bytes;

	if (keyslot->offset_bytes < HEADER_BYTES)
		return header_refuse(verdict, field, "lies within the header");
	if (end_bytes > context->device_size_bytes)
		return header_refuse(verdict, field, "is beyond the end of the device");
	/* A detached header may say that the data begins with its device. */
	if (end_bytes > header->payload_offset_bytes &&
	    !(context->is_detached && header->payload_offset_bytes == 0))
		return header_refuse(verdict, field, "lies within the data (payload-offset)");
	for (const struct header_keyslot *other = verdict->keyslots; other < keyslot; other++)
		if (keyslot->offset_bytes < other->offset_bytes + other->size_bytes &&
		    other->offset_bytes < end_bytes)
			return header_refuse(verdict, field, "overlaps key-slot-%zu",
					     other - verdict->keyslots);
	verdict->size_bytes = MAX(verdict->size_bytes, end_bytes);
	return 0;
}

static int check_keyslot(size_t number, const uint8_t *bytes, const struct header_context *context,
			 const struct luks1_header *header, struct header_verdict *verdict)
{
	struct header_keyslot *keyslot = &verdict->keyslots[number];
	uint64_t active = read_be(bytes, 4), iterations = read_be(bytes + 4, 4);
	char field[64];

	(void)snprintf(field, sizeof(field), "key-slot-%zu.active", number);
	if (active != ACTIVE && active != INACTIVE)
		return header_refuse(verdict, field, "is %#" PRIx64 ", neither yes nor no", active);
	keyslot->is_active = active == ACTIVE;

	(void)snprintf(field, sizeof(field), "key-slot-%zu.iterations", number);
	if (keyslot->is_active && iterations == 0)
		return header_refuse(verdict, field, "is 0");
	keyslot_check_iterations(keyslot, field, iterations, &context->limits);

	(void)snprintf(field, sizeof(field), "key-slot-%zu.stripes", number);
	if (read_be(bytes + 44, 4) != AF_STRIPES)
		return header_refuse(verdict, field, "is %" PRIu64 ", not %u",
				     read_be(bytes + 44, 4), AF_STRIPES);

	(void)snprintf(field, sizeof(field), "key-slot-%zu.key-material-offset", number);
	keyslot->offset_bytes = read_be(bytes + 40, 4) * SECTOR_BYTES;
	keyslot->size_bytes = keyslot->material_bytes = header->material_bytes;
	return check_area(keyslot, field, context, header, verdict);
}

int luks1_check(const uint8_t *bytes, size_t size, const struct header_context *context,
		struct header_verdict *verdict)
{
	struct luks1_header header;
	int r;

	if (size < HEADER_BYTES)
		return header_refuse(verdict, "it", "is cut off");
	r = take_strings(bytes, &header, verdict);
	if (r >= 0)
		r = check_numbers(bytes, context, &header, verdict);
	for (size_t i = 0; r >= 0 && i < KEYSLOTS; i++)
		r = check_keyslot(i, bytes + KEYSLOTS_AT + i * KEYSLOT_BYTES, context, &header,
				  verdict);
	return r;
}
