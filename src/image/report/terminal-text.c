/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in an image is not to be trusted with a terminal. */
#include "image/report/terminal-text.h"

#include <stdbool.h>

#include "base/printable.h"

void terminal_write_text(FILE *stream, const char *text)
{
	char form[PRINTABLE_MAX];

	while (*text) {
		bool is_backslash = *text == '\\';

		(void)printable_next(&text, form);
		(void)fputs(is_backslash ? "\\134" : form, stream);
	}
}
