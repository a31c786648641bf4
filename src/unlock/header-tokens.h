/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

struct crypt_device;

/*
 * Fills @buf with the types of the tokens in the header of @device, which is loaded: those of
 * config/token-kind.h, separated by commas, each once. No plug-in is loaded for that if they were
 * disabled.
 */
void header_tokens(struct crypt_device *device, char *buf, size_t size);
