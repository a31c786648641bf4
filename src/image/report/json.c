/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one thing about JSON that cannot be left to printf(3): strings. */
#include "image/report/json.h"

#include <stdbool.h>

#include "base/macro.h"
#include "base/utf8.h"

static bool is_utf8(const char *string)
{
	uint32_t character;
	size_t size = 1;

	for (; size > 0 && *string; string += size)
		size = utf8_decode(string, &character);
	return size > 0;
}

void json_write_member(FILE *stream, const char *key, const char *string)
{
	(void)fprintf(stream, "\"%s\": ", key);
	json_write_string(stream, string);
}

void json_write_bytes(FILE *stream, const char *key, const char *string)
{
	json_write_member(stream, key, string);
	if (is_utf8(string))
		return;
	(void)fprintf(stream, ", \"%s_hex\": \"", key);
	for (; *string; string++)
		(void)fprintf(stream, "%02x", (unsigned char)*string);
	(void)fputc('"', stream);
}

void json_write_string(FILE *stream, const char *string)
{
	(void)fputc('"', stream);
	while (*string) {
		uint32_t character;
		size_t size = utf8_decode(string, &character);

		if (size == 0)
			character = (unsigned char)*string;
		if (character == '"' || character == '\\')
			(void)fprintf(stream, "\\%c", *string);
		else if (size == 0 || character < 0x20 || character == 0x7f)
			(void)fprintf(stream, "\\u%04x", (unsigned int)character);
		else
			(void)fwrite(string, 1, size, stream);
		string += MAX(size, (size_t)1);
	}
	(void)fputc('"', stream);
}
