/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds what the block device @path needs to appear: the layers that it is made of, down to disks,
 * and the drivers of those. 0 or -ENOMEM.
 */
int host_block_add(struct host_reader *reader, const char *path, const struct host_goal *goal);

/* The same for all devices of the btrfs that @path is one of. */
int host_block_add_btrfs(struct host_reader *reader, const char *path,
			 const struct host_goal *goal);
