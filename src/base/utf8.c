/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RFC 3629. */
#include "base/utf8.h"

#include "base/macro.h"

/* By length: the bits that mark a first byte, and the least character that needs that length. */
static const struct {
	unsigned char mask, mark;
	uint32_t least;
} forms[] = {
	{ 0x80, 0x00, 0 },
	{ 0xe0, 0xc0, 0x80 },
	{ 0xf0, 0xe0, 0x800 },
	{ 0xf8, 0xf0, 0x10000 },
};

size_t utf8_decode(const char *text, uint32_t *ret_character)
{
	const unsigned char *bytes = (const unsigned char *)text;
	uint32_t character;
	size_t n = 0;

	while ((bytes[0] & forms[n].mask) != forms[n].mark)
		if (++n == ARRAY_SIZE(forms))
			return 0;
	character = bytes[0] & (unsigned char)~forms[n].mask;
	for (size_t i = 1; i <= n; i++) {
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (bytes[i] & 0x3f);
	}
	if (character < forms[n].least || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret_character = character;
	return n + 1;
}
