/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

struct crypt_device;
struct luks_limits;

/* Which header is to be opened. */
struct volume_header {
	const char *path;      /* of the device or file with the header */
	const char *data_path; /* of the device with the data; NULL: the same */
	int key_slot;          /* that must be tried, of libcryptsetup's; or CRYPT_ANY_SLOT */
};

/*
 * Reads the header, checks it, and makes a device of libcryptsetup that has loaded what was checked
 * and nothing else; @ret_memory_kib is what its most demanding keyslot takes to be tried. Blocks as
 * long as the device does. /init is told what is wrong with it and what is left out. 0, and then
 * the device is for crypt_free(); -EBADMSG if it is refused; or another negative errno.
 */
int volume_header_open(const struct volume_header *header, const struct luks_limits *limits,
		       struct crypt_device **ret_device, uint64_t *ret_memory_kib);
