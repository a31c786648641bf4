/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#define PRINTABLE_MAX 17 /* four bytes as \ooo, and the end of the string */

/*
 * Takes the next character off *@text, in @ret_form as a terminal may be given it: as it is, or if
 * it controls one, or is not UTF-8, its bytes as \ooo. The size of that; 0 at the end of the text.
 */
size_t printable_next(const char **text, char ret_form[static PRINTABLE_MAX]);
