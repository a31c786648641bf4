/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "base/secret.h"
#include "config/token-kind.h"

struct crypt_device;
struct crypt_options;

/* What is to be opened. */
struct volume {
	struct crypt_device *device;
	const char *name; /* of the mapping */
	int key_slot;     /* of libcryptsetup's */
	uint32_t flags;   /* of crypt_activate_by_*() */
	const struct crypt_options *options;
};

/* How it is opened, by the user's wishes, which outlive it. */
void volume_apply_options(struct volume *volume, const struct crypt_options *options);

/*
 * Opens it, which takes as long as its keyslots demand. 0, also if it is open already; -EPERM if no
 * keyslot takes @secret; or another negative errno of libcryptsetup, of which complaint_last()
 * knows more.
 */
int volume_activate(const struct volume *volume, const struct secret *secret);

/*
 * The same by the token of the number @token, with a PIN or NULL. Besides: -ENOANO if it wants one,
 * -EAGAIN if its hardware is not there, -ENOENT if it is not for this volume or in this state.
 */
int volume_activate_by_token(const struct volume *volume, int token, enum token_kind kind,
			     const struct secret *pin);
