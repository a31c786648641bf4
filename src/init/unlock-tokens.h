/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct volume;

/* Opening a volume by the tokens of its header, beside the passphrase: by a helper of its own. */

void tokens_init(struct volume *volume);

/*
 * The header has tokens of these @types, which are separated by commas: loads what they need and
 * starts the helper. What goes wrong is told, and never the volume's end.
 */
void tokens_begin(struct volume *volume, const char *types);

/* Kills the helper and takes back its question; nothing happens if there is none. */
void tokens_end(struct volume *volume);

/* A device has come that a token may be in. */
void tokens_hardware_came(struct volume *volume);

/* Of a volume that is locked: asks for a PIN that is wanted. */
void tokens_step(struct volume *volume);

/* Whether the question for the passphrase is to wait, since there may be no need for it. */
bool tokens_come_first(const struct volume *volume);

/* Whether the helper is at work or waits for hardware or a PIN. */
bool tokens_may_open(const struct volume *volume);
