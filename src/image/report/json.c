/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The one thing about JSON that cannot be left to printf(3): strings. */
#include "image/report/json.h"

#include <stdint.h>

#include "base/macro.h"

/* By the first byte: how long a sequence is, and the least character that needs that length. */
static const struct sequence {
	uint8_t mask, lead, size;
	uint32_t least;
} sequences[] = {
	{ 0xe0, 0xc0, 2, 0x80 },
	{ 0xf0, 0xe0, 3, 0x800 },
	{ 0xf8, 0xf0, 4, 0x10000 },
};

/* The bytes that the valid sequence at @text takes; 0 if it is none. The end of @text is a NUL. */
static size_t measure_sequence(const uint8_t *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(sequences); i++) {
		const struct sequence *sequence = &sequences[i];
		uint32_t character = text[0] & (uint8_t)~sequence->mask;

		if ((text[0] & sequence->mask) != sequence->lead)
			continue;
		for (size_t j = 1; j < sequence->size; j++) {
			if ((text[j] & 0xc0) != 0x80)
				return 0;
			character = character << 6 | (text[j] & 0x3f);
		}
		/* Overlong forms, halves of UTF-16 pairs and what lies beyond are not UTF-8. */
		if (character < sequence->least || character > 0x10ffff ||
		    (character >= 0xd800 && character <= 0xdfff))
			return 0;
		return sequence->size;
	}
	return 0;
}

void json_write_string(FILE *stream, const char *string)
{
	const uint8_t *text = (const uint8_t *)string;

	(void)fputc('"', stream);
	while (*text) {
		size_t size = *text < 0x80 ? 1 : measure_sequence(text);

		if (*text == '"' || *text == '\\')
			(void)fprintf(stream, "\\%c", *text);
		else if (size == 0 || *text < 0x20 || *text == 0x7f)
			(void)fprintf(stream, "\\u%04x", *text);
		else
			(void)fwrite(text, 1, size, stream);
		text += MAX(size, (size_t)1);
	}
	(void)fputc('"', stream);
}
