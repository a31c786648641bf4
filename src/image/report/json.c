/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one thing about JSON that cannot be left to printf(3): strings. */
#include "image/report/json.h"

#include "base/macro.h"
#include "base/utf8.h"

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
