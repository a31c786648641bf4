/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "config/token-kind.h"

struct crypt_options;

/*
 * Whether it makes sense to ask the plug-in: one for security keys wants its PIN before it looks
 * whether there is a key at all, and then nobody would be asked for a passphrase.
 */
bool token_device_is_there(enum token_kind kind, const struct crypt_options *options);
