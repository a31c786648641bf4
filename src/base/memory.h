/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * How much memory programs can still take, in KiB, as the kernel estimates it: MemAvailable of
 * /proc/meminfo. UINT64_MAX if it does not say.
 */
uint64_t memory_available_kib(void);

/* The same of what was read there. Pure. */
uint64_t memory_parse_available_kib(const char *meminfo);
