/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "image/host/host-reader.h"

/* A swap area that is in use. */
struct host_swap {
	char *path; /* absolute: of a device in /dev, or of a file */
	bool is_file;
	uint64_t size_kib;
};

/*
 * Those in use, struct host_swap *, in the order of the kernel's list, without those in memory. 0
 * or -ENOMEM; in both cases the caller ends with host_swaps_done().
 */
int host_swaps_read(const struct host_reader *reader, struct vec *ret_swaps);
void host_swaps_done(struct vec *swaps);
