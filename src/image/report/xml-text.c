/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of files are bytes without rules; an XML document with a wrong one is not read at all. */
#include "image/report/xml-text.h"

#include <stdbool.h>
#include <string.h>

#include "base/macro.h"
#include "base/utf8.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */
#define ELLIPSIS    "\xe2\x80\xa6" /* U+2026 */

/* https://www.w3.org/TR/xml/#charsets */
static bool is_xml_character(uint32_t code)
{
	return code == '\t' || code == '\n' || code == '\r' || (code >= 0x20 && code <= 0xd7ff) ||
	       (code >= 0xe000 && code <= 0xfffd) || (code >= 0x10000 && code <= 0x10ffff);
}

/* Writes the character that @text begins with, and returns how many bytes that was. */
static size_t write_character(FILE *stream, const char *text)
{
	uint32_t code;
	size_t size = utf8_decode(text, &code);

	if (size == 0 || !is_xml_character(code))
		(void)fputs(REPLACEMENT, stream);
	else if (strchr("&<>\"'\t\n\r", *text))
		(void)fprintf(stream, "&#%u;", code);
	else
		(void)fwrite(text, 1, size, stream);
	return MAX(size, (size_t)1);
}

static size_t count_characters(const char *string)
{
	size_t n = 0;
	uint32_t code;

	for (; *string; n++) {
		size_t size = utf8_decode(string, &code);

		string += MAX(size, (size_t)1);
	}
	return n;
}

void xml_write_text(FILE *stream, const char *string, size_t max_characters)
{
	size_t n = count_characters(string), n_shown = n > max_characters ? max_characters - 1 : n;

	for (size_t i = 0; i < n_shown; i++)
		string += write_character(stream, string);
	if (n > max_characters)
		(void)fputs(ELLIPSIS, stream);
}
