/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/header-modules.h"

#include <libcryptsetup.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

#define NAME_SIZE_MAX 64

static void _printf_(3, 4) append_word(char *buf, size_t size, const char *format, ...)
{
	size_t used = strlen(buf);
	va_list args;

	if (used + 1 >= size)
		return;
	if (used > 0)
		buf[used++] = ' ';
	va_start(args, format);
	(void)vsnprintf(buf + used, size - used, format, args);
	va_end(args);
}

/* The hash in an initialisation vector such as essiv:sha256. */
static void append_iv_modules(const char *iv, char *buf, size_t size)
{
	const char *hash = str_after_prefix(iv, "essiv:");

	if (!hash)
		return;
	append_word(buf, size, "crypto-essiv");
	append_word(buf, size, "crypto-%s", hash);
}

void cipher_modules(const char *cipher, const char *mode, char *buf, size_t size)
{
	size_t chain_size = strcspn(mode, "-");

	/* dm-crypt asks the kernel for "xts(aes)": a driver for the whole, or its two parts. */
	append_word(buf, size, "crypto-%s", cipher);
	append_word(buf, size, "crypto-%.*s", (int)chain_size, mode);
	append_word(buf, size, "crypto-%.*s(%s)", (int)chain_size, mode, cipher);
	if (mode[chain_size])
		append_iv_modules(mode + chain_size + 1, buf, size);
}

/* Keyslots may be encrypted otherwise than the data. */
static void append_keyslot_modules(struct crypt_device *device, char *buf, size_t size)
{
	int n = crypt_keyslot_max(crypt_get_type(device));

	for (int slot = 0; slot < n; slot++) {
		char cipher[NAME_SIZE_MAX];
		const char *encryption, *dash;
		size_t key_size;

		if (crypt_keyslot_status(device, slot) < CRYPT_SLOT_ACTIVE)
			continue;
		encryption = crypt_keyslot_get_encryption(device, slot, &key_size);
		dash = encryption ? strchr(encryption, '-') : NULL;
		if (!dash || (size_t)(dash - encryption) >= sizeof(cipher))
			continue;
		(void)snprintf(cipher, sizeof(cipher), "%.*s", (int)(dash - encryption),
			       encryption);
		cipher_modules(cipher, dash + 1, buf, size);
		return;
	}
}

void header_modules(struct crypt_device *device, char *buf, size_t size)
{
	const char *cipher = crypt_get_cipher(device), *mode = crypt_get_cipher_mode(device);
	struct crypt_params_integrity integrity = { 0 };

	buf[0] = '\0';
	/* AF_ALG, by which libcryptsetup decrypts the keyslots. */
	append_word(buf, size, "net-pf-38 algif-skcipher");
	if (cipher && mode)
		cipher_modules(cipher, mode, buf, size);
	append_keyslot_modules(device, buf, size);
	if (crypt_get_integrity_info(device, &integrity) >= 0 && integrity.integrity &&
	    integrity.integrity[0])
		append_word(buf, size, "dm_integrity crypto-authenc");
}
