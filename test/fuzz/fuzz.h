/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * What each fuzz-NAME.c defines: takes bytes of any kind, returns 0, and crashes if what it calls
 * does something wrong. libFuzzer calls it, and so does replay.c.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program, as a sanitizer would, unless the statement holds. */
#define FUZZ_CHECK(statement)             \
	do {                              \
		if (!(statement))         \
			__builtin_trap(); \
	} while (0)
