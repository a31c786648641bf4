/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

/*
 * Gives up what the helper has no use for: core dumps, being looked into, new privileges, memory
 * and files without end. Where memory is short it is the first to go. How long it may take /init
 * sees to.
 */
void confine_process(void);

/* From now on it may take as much memory as a key derivation of @kib needs, and no more. */
void confine_memory(uint64_t kib);
