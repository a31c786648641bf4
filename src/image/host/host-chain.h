/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/host/host-reader.h"

/*
 * Adds the drivers of the device @path and of all that it hangs from, up to the root bus, with
 * those of their suppliers. @what, a noun, is what needs them: "the disk sda of /". 0 or -ENOMEM.
 */
int host_chain_add(struct host_reader *reader, const char *path, const char *what,
		   bool is_essential);

/* The directory that @path is in, for the caller to free; NULL at the top, or without memory. */
char *host_chain_parent(const char *path);
