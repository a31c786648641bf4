/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/keyfile.h"

#include <string.h>

#include "base/lines.h"

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

struct reader {
	keyfile_cb on_setting;
	void *userdata;
};

static int parse_line(void *userdata, char *text, unsigned int line)
{
	const struct reader *reader = userdata;
	char *equals;

	text = trim(text);
	if (!*text || *text == '#' || *text == ';')
		return 0;
	equals = strchr(text, '=');
	if (!equals || equals == text)
		return reader->on_setting(reader->userdata, line, NULL, text);
	*equals = '\0';
	return reader->on_setting(reader->userdata, line, trim(text), unquote(trim(equals + 1)));
}

int keyfile_parse(const char *text, keyfile_cb on_setting, void *userdata)
{
	return lines_for_each(text, parse_line, &(struct reader){ on_setting, userdata });
}
