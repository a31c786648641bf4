/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds what maps the volume of device-mapper at @path, which is made of the devices at the paths
 * @below; those themselves are the caller's business. 0 or -ENOMEM.
 */
int host_volume_add(struct host_reader *reader, const char *path, const struct vec *below,
		    const struct host_goal *goal);

/* Adds the ciphers that the LUKS volume @name may be encrypted with. 0 or -ENOMEM. */
int host_volume_add_luks_ciphers(struct host_reader *reader, const char *name, bool is_essential);
