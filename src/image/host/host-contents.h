/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * What is on the block device @path, as udev names it, "ext4" or "crypto_LUKS", or else as it is
 * mounted; for the caller to free, and NULL if there is nothing that anybody knows. 1, 0 if it
 * cannot be told, -ENOMEM.
 */
int host_contents_find(struct host_reader *reader, const char *path, char **ret_type);

/* Whether what is on it is gone at the next start. */
bool host_contents_are_in_memory(const char *path);
