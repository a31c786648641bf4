/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints the table of command-line keys as a section of kindling-cmdline(7), in scdoc(5). */
#include <stdio.h>

#include "kindling/cmdline-keys.h"

/* scdoc takes '_' between words for the beginning of underlined text. */
static void print_escaped(const char *text)
{
	for (; *text; text++) {
		if (*text == '_' || *text == '*')
			putchar('\\');
		putchar(*text);
	}
}

static void print_key(const char *key, const char *form, const char *meaning)
{
	printf("*%s%s*", key, *form ? "=" : "");
	print_escaped(form);
	printf("\n\t");
	print_escaped(meaning);
	printf("\n\n");
}

int main(void)
{
#define X(identifier, key, form, meaning) print_key(key, form, meaning);
	CMDLINE_KEYS(X)
#undef X
	return 0;
}
