/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

/* A word of the kernel's command line, split at its first "=". */
struct cmdline_word {
	char *key;
	char *value;  /* NULL without "=" */
	bool is_open; /* a quote in it is never closed */
};

/*
 * Cuts the next word off *@next as the kernel's next_arg() does: words are separated by white
 * space, double quotes protect it, and those around the whole word or the whole value are removed,
 * others are not. The strings are parts of @next's. False at the end.
 */
bool cmdline_word_next(char **next, struct cmdline_word *ret_word);
