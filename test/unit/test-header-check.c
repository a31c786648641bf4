/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the check; of whole headers check-luks-headers.py has a thousand. */
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "unlock/header-rules.h"
#include "unlock/luks2-copies.h"

struct cipher_row {
	const char *name, *spec, *complaint;
};

#define NO_CIPHER "a cipher that is not among those allowed"
#define NO_MODE   "whose mode is not among those allowed"
#define NO_IV     "whose initialisation vector is not among those allowed"

static const struct cipher_row cipher_rows[] = {
	{ "of today", "aes-xts-plain64" },
	{ "of slow machines", "xchacha20,aes-adiantum-plain64" },
	{ "of old volumes", "aes-cbc-essiv:sha256" },
	{ "of very old volumes", "aes-plain" },
	{ "another block cipher", "camellia-xts-plain64" },
	{ "authenticated", "aes-gcm-random" },
	{ "authenticated, without a mode", "chacha20-random" },
	{ "null", "cipher_null-ecb", "which does not encrypt" },
	{ "null, in short", "null", "which does not encrypt" },
	{ "null in the kernel's words", "capi:cbc(cipher_null)-plain", "which does not encrypt" },
	{ "null vector", "aes-xts-null", "which does not encrypt" },
	{ "the kernel's words", "capi:xts(aes)-plain64", NO_CIPHER },
	{ "nothing", "", NO_CIPHER },
	{ "no cipher", "-xts-plain64", NO_CIPHER },
	{ "the beginning of one", "ae-xts-plain64", NO_CIPHER },
	{ "one and more", "aes2-xts-plain64", NO_CIPHER },
	{ "several keys", "aes:64-cbc-lmk", NO_CIPHER },
	{ "no mode", "aes", "which names no mode" },
	{ "an empty mode", "aes-", NO_MODE },
	{ "no vector", "aes-xts", NO_MODE },
	{ "each block alone", "aes-ecb", NO_MODE },
	{ "each block alone, with a vector", "aes-ecb-plain64", NO_MODE },
	{ "an empty vector", "aes-xts-", NO_IV },
	{ "more than a vector", "aes-xts-plain64-x", NO_IV },
	{ "a blank", "aes-xts-plain64 ", NO_IV },
	{ "an unknown hash", "aes-cbc-essiv:crc32", NO_IV },
};

static void complains_of_cipher(void **state)
{
	const struct cipher_row *row = *state;
	const char *complaint = cipher_complaint(row->spec);

	assert_string_equal(complaint ? complaint : "", row->complaint ? row->complaint : "");
}

struct memory_row {
	const char *name;
	uint64_t kib;
	const char *text;
};

static const struct memory_row memory_rows[] = {
	{ "nothing", 0, "0 KiB" },
	{ "a bit", 100, "100 KiB" },
	{ "one", 1024, "1 MiB" },
	{ "not quite one", 1023, "1023 KiB" },
	{ "some", 1500, "1500 KiB" },
	{ "what is left of a machine", 187460, "183 MiB" },
	{ "whole", 1 << 20, "1 GiB" },
	{ "not whole", 1536 << 10, "1536 MiB" },
	{ "all", UINT64_MAX, "17179869183 TiB" },
};

static void writes_memory(void **state)
{
	const struct memory_row *row = *state;
	char buf[32];

	assert_string_equal(memory_text(row->kib, buf), row->text);
}

#define COPY_BYTES 16384U

/* Two copies that are whole, but for @damaged, whose name is "first" or "second". */
static uint8_t *make_copies(const char *damaged)
{
	static const uint8_t heads[2][8] = { "LUKS\xba\xbe\0\2", "SKUL\xba\xbe\0\2" };
	uint8_t *bytes = calloc(2, COPY_BYTES);

	assert_non_null(bytes);
	for (size_t i = 0; i < 2; i++) {
		uint8_t *copy = bytes + i * COPY_BYTES;

		memcpy(copy, heads[i], sizeof(heads[i]));
		copy[14] = COPY_BYTES >> 8;
		memcpy(copy + 72, "sha256", 6);
		copy[262] = (uint8_t)(i * COPY_BYTES >> 8);
		assert_int_equal(luks2_copy_seal(copy, COPY_BYTES), 0);
	}
	if (damaged)
		bytes[(*damaged == 'f' ? 0 : COPY_BYTES) + 5000] = 1;
	return bytes;
}

struct wanted_row {
	const char *name, *damaged;
	size_t size, wanted;
};

static const struct wanted_row wanted_rows[] = {
	{ "before anything is read", NULL, 0, LUKS2_BINARY_BYTES },
	{ "when the size is known", NULL, LUKS2_BINARY_BYTES, 2 * COPY_BYTES },
	{ "when both are read", NULL, 2 * COPY_BYTES, 2 * COPY_BYTES },
	{ "the second is damaged", "second", 2 * COPY_BYTES, 2 * COPY_BYTES },
	{ "the first is damaged", "first", 2 * COPY_BYTES, HEADER_METADATA_MAX },
};

static void wants_bytes(void **state)
{
	const struct wanted_row *row = *state;
	uint8_t *bytes = make_copies(row->damaged);

	assert_int_equal(header_bytes_wanted(bytes, row->size), row->wanted);
	free(bytes);
}

struct copies_row {
	const char *name, *damaged;
	bool is_first_whole, is_second_whole;
};

static const struct copies_row copies_rows[] = {
	{ "both are whole", NULL, true, true },
	{ "the first is damaged", "first", false, true },
	{ "the second is damaged", "second", true, false },
};

static void finds_copies(void **state)
{
	const struct copies_row *row = *state;
	struct header_verdict verdict = { 0 };
	struct luks2_copy first, second;
	uint8_t *bytes = make_copies(row->damaged);

	assert_int_equal(luks2_copies_find(bytes, 2 * COPY_BYTES, &first, &second, &verdict), 0);
	assert_int_equal(first.is_whole, row->is_first_whole);
	assert_int_equal(second.is_whole, row->is_second_whole);
	free(bytes);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, complains_of_cipher, cipher_rows);
	TEST_ROWS(&list, writes_memory, memory_rows);
	TEST_ROWS(&list, wants_bytes, wanted_rows);
	TEST_ROWS(&list, finds_copies, copies_rows);
	return test_list_run(&list);
}
