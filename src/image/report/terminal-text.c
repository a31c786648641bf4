/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in an image is not to be trusted with a terminal. */
#include "image/report/terminal-text.h"

void terminal_write_text(FILE *stream, const char *text)
{
	for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
		if (*at < ' ' || *at == 0x7f || *at == '\\')
			(void)fprintf(stream, "\\%03o", *at);
		else
			(void)fputc(*at, stream);
	}
}
