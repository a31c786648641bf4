/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How many bytes the character takes that @text, which ends with a NUL, begins with, and which one
 * it is. 0 if it begins with none: overlong forms, halves of UTF-16 pairs and what lies beyond
 * U+10FFFF are not UTF-8. The NUL is a character of one byte.
 */
size_t utf8_decode(const char *text, uint32_t *ret_character);

/* Whether a character begins there: bytes that continue one are 10xxxxxx. */
static inline bool utf8_is_first_byte(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}
