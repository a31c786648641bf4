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

/* *rd.luks*, *luks*[=BOOL] */
static void print_key(const char *spellings, const char *form, const char *meaning)
{
	putchar('*');
	for (; *spellings; spellings++)
		printf(*spellings == ' ' ? "*, *" : *spellings == '_' ? "\\%c" : "%c", *spellings);
	putchar('*');
	print_escaped(form);
	printf("\n\t");
	print_escaped(meaning);
	printf("\n\n");
}

/* What it is about: each word. */
static void print_unserved(const char *words, const char *about)
{
	print_escaped(about);
	printf("\n\t*");
	for (; *words; words++)
		printf(*words == ' ' ? "*, *" : *words == '_' ? "\\%c" : "%c", *words);
	printf("*\n\n");
}

int main(void)
{
#define SECTION(title)                            printf("## " title "\n\n");
#define KEY(identifier, spellings, form, meaning) print_key(spellings, form, meaning);
	CMDLINE_KEYS(KEY, SECTION)
#undef KEY
#undef SECTION
	printf("## What is not done here\n\nThese words of other initramfs are reported, and "
	       "otherwise ignored; one that ends with a\ndot stands for all that begin so.\n\n");
#define UNSERVED(words, about) print_unserved(words, about);
	CMDLINE_UNSERVED(UNSERVED)
#undef UNSERVED
	return 0;
}
