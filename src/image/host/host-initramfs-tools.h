/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "image/host/host-reader.h"

/* What Debian's generator, initramfs.conf(5), is told about hibernation. */
struct initramfs_tools {
	bool is_there;       /* it has a configuration */
	char *resume;        /* a device, "auto" or "none"; NULL if it is not set */
	char *resume_offset; /* of a swap file, in pages; or NULL */
};

#define _cleanup_initramfs_tools_ __attribute__((cleanup(initramfs_tools_done)))

/* 0 or -ENOMEM; in both cases the caller ends with initramfs_tools_done(). */
int initramfs_tools_read(const struct host_reader *reader, struct initramfs_tools *ret_settings);
void initramfs_tools_done(struct initramfs_tools *settings);
