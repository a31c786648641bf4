/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/keyfile.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define WHITE_SPACE " \t\r"

/* Cuts white space off both ends. */
static char *trim(char *text)
{
	size_t size;

	text += strspn(text, WHITE_SPACE);
	size = strlen(text);
	while (size > 0 && strchr(WHITE_SPACE, text[size - 1]))
		size--;
	text[size] = '\0';
	return text;
}

static char *unquote(char *value)
{
	size_t size = strlen(value);

	if (size < 2 || value[0] != '"' || value[size - 1] != '"')
		return value;
	value[size - 1] = '\0';
	return value + 1;
}

static int parse_line(char *text, unsigned int line, keyfile_cb on_setting, void *userdata)
{
	char *equals;

	text = trim(text);
	if (!*text || *text == '#' || *text == ';')
		return 0;
	equals = strchr(text, '=');
	if (!equals || equals == text)
		return on_setting(userdata, line, NULL, text);
	*equals = '\0';
	return on_setting(userdata, line, trim(text), unquote(trim(equals + 1)));
}

int keyfile_parse(const char *text, keyfile_cb on_setting, void *userdata)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;
	unsigned int number = 0;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = parse_line(line, ++number, on_setting, userdata);
	return r;
}
