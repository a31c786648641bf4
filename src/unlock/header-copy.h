/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "unlock/header-check.h"

/* Reads a header off a device, which blocks as long as that does. Each byte is read once. */

/*
 * What header_check() needs, which the caller frees; and the size of the device, which is an open
 * block device or file. 0 or negative errno.
 */
int header_read_metadata(int fd, uint8_t **ret_bytes, size_t *ret_size, uint64_t *ret_device_bytes);

/*
 * A file in memory that stands for the device to libcryptsetup: what was read and passed the check,
 * and the key material, now read, of the keyslots that are to be tried; all else is zeroes. Of two
 * copies that differ only the one that was checked is in it. The file's descriptor or negative
 * errno.
 */
int header_copy_make(int fd, const uint8_t *bytes, size_t size,
		     const struct header_verdict *verdict);
