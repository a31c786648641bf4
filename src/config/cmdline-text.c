/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files with words for the kernel's command line, as dracut has them. */
#include "config/cmdline-text.h"

#include <string.h>

void cmdline_text_append(struct strbuf *cmdline, const char *text)
{
	for (size_t size; *text; text += size + (text[size] == '\n')) {
		size = strcspn(text, "\n");
		if (size == 0 || text[strspn(text, " \t")] == '#')
			continue;
		strbuf_append_bytes(cmdline, text, size);
		strbuf_append(cmdline, "\n");
	}
}
