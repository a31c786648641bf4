/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"

/* What a crypttab(5) says; see config/crypt-volume.h. */
struct crypttab {
	struct vec volumes;  /* of struct crypt_volume, in the order of their lines */
	struct vec warnings; /* see config/warnings.h: of lines that make no sense, each with its
				number */
};

/*
 * Parses systemd's and Debian's: name, device, key and options, the last two of which may be
 * missing, with white space as \040. A line that makes no sense harms only itself. 0 or -ENOMEM; in
 * both cases the caller ends with crypttab_done().
 */
int crypttab_parse(const char *text, struct crypttab *ret_crypttab);

void crypttab_done(struct crypttab *crypttab);
