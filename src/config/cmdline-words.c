/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/cmdline-words.h"

#include <ctype.h>
#include <stddef.h>

/* Removes the quote at the end, if it is there. */
static void cut_last_quote(char *begin, char *end)
{
	if (end > begin && end[-1] == '"')
		end[-1] = '\0';
}

bool cmdline_word_next(char **next, struct cmdline_word *ret_word)
{
	struct cmdline_word word = { 0 };
	char *end = *next, *equals = NULL;
	bool is_quoted, is_open;

	while (isspace((unsigned char)*end))
		end++;
	if (!*end)
		return false;
	is_quoted = is_open = *end == '"';
	word.key = end += is_quoted;
	for (; *end && (is_open || !isspace((unsigned char)*end)); end++) {
		if (*end == '=' && !equals && end > word.key)
			equals = end;
		if (*end == '"')
			is_open = !is_open;
	}
	*next = *end ? end + 1 : end;
	*end = '\0';
	word.is_open = is_open;
	if (is_quoted)
		cut_last_quote(word.key, end);
	if (equals) {
		*equals = '\0';
		word.value = equals + 1;
		if (*word.value == '"') {
			word.value++;
			cut_last_quote(word.value, end);
		}
	}
	*ret_word = word;
	return true;
}
