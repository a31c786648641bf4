/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weak dependencies, modprobe.d(5) since kmod 33: modules that another one may ask for while it
 * runs, so that they must be there, but are not loaded with it. An older libkmod passes these lines
 * over, but a kernel has them all the same, so they are read here.
 */
#include "image/modules/kmod-weakdep.h"

#include <stddef.h>
#include <string.h>

#include "base/str.h"
#include "image/modules/kmod-aliases.h"

#define SPACES " \t\r"

/* A backslash at the end of a line goes on with the next one. */
static void join_lines(char *text)
{
	while ((text = strstr(text, "\\\n"))) {
		*text++ = ' ';
		*text++ = ' ';
	}
}

int kmod_weakdep_parse(char *text,
		       int (*visit)(void *userdata, const char *name, const char *words),
		       void *userdata)
{
	char *line;
	int r = 0;

	join_lines(text);
	while (r >= 0 && (line = strsep(&text, "\n"))) {
		char *name;

		line += strspn(line, SPACES);
		name = strsep(&line, SPACES);
		if (!line || !str_equal(name, "weakdep"))
			continue;
		line += strspn(line, SPACES);
		name = strsep(&line, SPACES);
		if (line && kmod_alias_normalise(name) >= 0)
			r = visit(userdata, name, line);
	}
	return r;
}
