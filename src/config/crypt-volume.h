/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "config/crypt-options.h"
#include "config/device-spec.h"
#include "config/key-source.h"

/* An encrypted volume that somebody wants opened: a line of crypttab, or the command line. */
struct crypt_volume {
	char *name;                /* of the mapping; NULL: "luks-" and the UUID of its header */
	struct device_spec device; /* that holds the data, and the header if that is not detached */
	struct key_source key;
	char *key_argument; /* of options.keyscript, the field as it was written; or NULL */
	struct crypt_options options;
	unsigned int line;   /* of crypttab; 0: of the command line */
	const char *purpose; /* a literal, "on /"; NULL: who knows */
};

/* A name that device-mapper takes: at most 127 bytes, no slash, and not that of its own node. */
bool crypt_volume_is_name(const char *text);

/* For vec_done(). */
void crypt_volume_free(void *volume);
