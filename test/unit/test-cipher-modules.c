/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <libcryptsetup.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "support.h"
#include "unlock/header-modules.h"

#define IMAGE_BYTES (32 << 20)

struct cipher_row {
	const char *name, *cipher, *mode, *expected;
};

static const struct cipher_row rows[] = {
	{ "LUKS2 and LUKS1 of today", "aes", "xts-plain64",
	  "crypto-aes crypto-xts crypto-xts(aes)" },
	{ "Adiantum", "xchacha12,aes", "adiantum-plain64",
	  "crypto-xchacha12,aes crypto-adiantum crypto-adiantum(xchacha12,aes)" },
	{ "ESSIV of old volumes", "aes", "cbc-essiv:sha256",
	  "crypto-aes crypto-cbc crypto-cbc(aes) crypto-essiv crypto-sha256" },
	{ "plain IV of old volumes", "serpent", "cbc-plain",
	  "crypto-serpent crypto-cbc crypto-cbc(serpent)" },
	{ "a mode without IV", "aes", "ecb", "crypto-aes crypto-ecb crypto-ecb(aes)" },
};

static void names_modules(void **state)
{
	const struct cipher_row *row = *state;
	char buf[256] = "";

	cipher_modules(row->cipher, row->mode, buf, sizeof(buf));
	assert_string_equal(buf, row->expected);
}

static void test_appends(void **state)
{
	char buf[256] = "dm_crypt";

	cipher_modules("aes", "xts-plain64", buf, sizeof(buf));
	assert_string_equal(buf, "dm_crypt crypto-aes crypto-xts crypto-xts(aes)");
}

/* The header says what it likes: a name may be longer than the buffer. */
static void test_never_beyond_the_buffer(void **state)
{
	for (size_t size = 1; size < 80; size++) {
		char *buf = calloc(1, size);

		cipher_modules("aes", "cbc-essiv:sha256", buf, size);
		assert_true(strlen(buf) < size);
		free(buf);
	}
}

static struct crypt_device *format_image(const char *path)
{
	static const struct crypt_pbkdf_type cheap = {
		.type = CRYPT_KDF_PBKDF2,
		.hash = "sha256",
		.iterations = 1000,
		.flags = CRYPT_PBKDF_NO_BENCHMARK,
	};
	struct crypt_params_luks2 params = { .sector_size = 512, .pbkdf = &cheap };
	struct crypt_device *device = NULL;

	write_text(path, "");
	assert_int_equal(truncate(path, IMAGE_BYTES), 0);
	assert_int_equal(crypt_init(&device, path), 0);
	assert_int_equal(crypt_format(device, CRYPT_LUKS2, "aes", "cbc-essiv:sha256", NULL, NULL,
				      32, &params),
			 0);
	return device;
}

static void test_header_without_keyslots(void **state)
{
	const char *path = scratch_path("luks");
	struct crypt_device *device = format_image(path);
	char buf[512] = "what was there before";

	header_modules(device, buf, sizeof(buf));
	assert_string_equal(buf, "net-pf-38 algif-skcipher crypto-aes crypto-cbc "
				 "crypto-cbc(aes) crypto-essiv crypto-sha256");
	crypt_free(device);
}

/* A keyslot is encrypted otherwise than the data here. */
static void test_header_with_keyslot(void **state)
{
	const char *path = scratch_path("luks");
	struct crypt_device *device = format_image(path);
	char buf[512];
	int r;

	assert_int_equal(crypt_keyslot_set_encryption(device, "aes-xts-plain64", 64), 0);
	r = crypt_keyslot_add_by_volume_key(device, CRYPT_ANY_SLOT, NULL, 0, "x", 1);
	header_modules(device, buf, sizeof(buf));
	crypt_free(device);
	/* Encrypting a keyslot takes the kernel's ciphers, which not every kernel has. */
	if (r < 0)
		skip();
	assert_true(str_has_suffix(buf, " crypto-sha256 crypto-aes crypto-xts crypto-xts(aes)"));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, names_modules, rows);
	TEST(&list, test_appends);
	TEST(&list, test_never_beyond_the_buffer);
	TEST(&list, test_header_without_keyslots);
	TEST(&list, test_header_with_keyslot);
	return test_list_run(&list);
}
