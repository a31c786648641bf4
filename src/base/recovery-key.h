/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct secret;

/*
 * A recovery key, as systemd-cryptenroll(1) makes one, is 64 letters of those that are in the same
 * place on most keyboards, with a dash after every eight. If @secret is one in other writing, in
 * upper case, with spaces, or without any dashes, it becomes what was enrolled. Whether it changed.
 */
bool recovery_key_normalise(struct secret *secret);
