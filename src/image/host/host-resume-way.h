/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "config/crypttab.h"
#include "config/luks-config.h"
#include "image/host/host-reader.h"

#define HOST_RESUME_AREA "the swap area to resume from" /* a goal */

/*
 * Adds what is needed on the way to @spec, which is here, and has the image open the encrypted
 * volumes that it is in. If /init, told no more than @luks and @crypttab, would not get there, or
 * would ask for more than a passphrase, @ret_obstacle is the reason, a sentence, for the caller to
 * free; else NULL. @crypttab is left without its volumes. 0 or -ENOMEM.
 */
int host_resume_way_add(struct host_reader *reader, const char *spec,
			const struct luks_config *luks, struct crypttab *crypttab,
			char **ret_obstacle);
