/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/fields.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define WHITE_SPACE " \t\r"

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* \000 would end the string, so it stays as it is. */
static bool is_escape(const char *text)
{
	return text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && is_octal(text[2]) &&
	       is_octal(text[3]) && strncmp(text + 1, "000", 3) != 0;
}

void fields_unescape_octal(char *string)
{
	char *to = string;

	for (const char *from = string; *from; to++) {
		if (is_escape(from)) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0');
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

char *fields_next(char **rest)
{
	char *field;

	do
		field = strsep(rest, WHITE_SPACE);
	while (field && !*field);
	if (field)
		fields_unescape_octal(field);
	return field;
}

char *fields_first(char **rest)
{
	if (*rest && (*rest)[strspn(*rest, WHITE_SPACE)] == '#')
		return NULL;
	return fields_next(rest);
}
