/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

struct crypt_device;

/*
 * Fills @buf with the space-separated aliases of the kernel modules that opening @device, whose
 * header is loaded, will call for: those of dm-crypt for its data and those of the kernel's crypto
 * interface for its keyslots. Asked for early they load while the user types.
 */
void header_modules(struct crypt_device *device, char *buf, size_t size);

/* As above, for one cipher such as "aes" with a mode such as "xts-plain64". Pure. */
void cipher_modules(const char *cipher, const char *mode, char *buf, size_t size);
