/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of devices and what is in files of others is not to be trusted with a terminal: a line must
 * stay a line. The controls of ISO 6429 beyond ASCII, U+0080 to U+009F, are obeyed by some as well.
 */
#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "base/utf8.h"

static bool is_control(uint32_t character)
{
	return character < ' ' || (character >= 0x7f && character < 0xa0);
}

size_t printable_next(const char **text, char ret_form[static PRINTABLE_MAX])
{
	const char *at = *text;
	uint32_t character = 0;
	size_t size, n = utf8_decode(at, &character);
	bool is_plain = n > 0 && !is_control(character);

	if (!*at)
		return 0;
	n = MAX(n, (size_t)1);
	*text += n;
	size = is_plain ? n : 0;
	memcpy(ret_form, at, size);
	for (size_t i = 0; !is_plain && i < n; i++)
		size += (size_t)snprintf(ret_form + size, PRINTABLE_MAX - size, "\\%03o",
					 (unsigned int)(unsigned char)at[i]);
	ret_form[size] = '\0';
	return size;
}
