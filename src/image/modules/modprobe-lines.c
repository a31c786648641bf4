/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lines of modprobe.d(5), modules.softdep and modules.weakdep, as libkmod reads them, but for
 * two things: an older libkmod does not know weak dependencies, which came with kmod 33, and what
 * it has against a line it writes to standard error before it can be told not to.
 */
#include "image/modules/modprobe-lines.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/modules/kmod-aliases.h"

#define SPACES " \t\r"

static const struct command {
	const char *name;
	bool is_enough; /* with a name alone */
} commands[] = {
	{ "alias", false },  { "blacklist", true }, { "install", false }, { "options", false },
	{ "remove", false }, { "softdep", false },  { "weakdep", false },
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (str_equal(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/*
 * The next line, terminated; *@text moves on behind it. A backslash at its end joins it with the
 * one after it, and one elsewhere stands for the character that follows. NULL at the end.
 */
static char *next_line(char **text, unsigned int *n_lines)
{
	char *line = *text, *from = line, *to = line;

	if (!*line)
		return NULL;
	for (; *from && *from != '\n'; from++) {
		if (*from == '\\' && from[1] && *++from == '\n') {
			++*n_lines;
			continue;
		}
		*to++ = *from;
	}
	++*n_lines;
	*text = from + (*from == '\n');
	*to = '\0';
	return line;
}

char *modprobe_lines_next_word(char **rest)
{
	char *word;

	*rest += strspn(*rest, SPACES);
	word = *rest;
	if (!*word)
		return NULL;
	*rest += strcspn(*rest, SPACES);
	if (**rest)
		*(*rest)++ = '\0';
	return word;
}

/* What is wrong with it, or NULL. */
static const char *parse_line(char *rest, struct modprobe_line *line)
{
	const struct command *command = find_command(line->command);
	char *name = modprobe_lines_next_word(&rest);

	rest += strspn(rest, SPACES);
	if (!command)
		return "there is no such command";
	if (!name || (!*rest && !command->is_enough))
		return "something is missing";
	if (kmod_alias_normalise(name) < 0)
		return "brackets do not pair up";
	line->name = name;
	line->rest = rest;
	return NULL;
}

int modprobe_lines_parse(const char *path, char *text, modprobe_line_fn visit, void *userdata)
{
	unsigned int n_lines = 0;
	char *rest;
	int r = 0;

	while (r >= 0 && (rest = next_line(&text, &n_lines))) {
		struct modprobe_line line = { .command = modprobe_lines_next_word(&rest) };
		const char *fault;

		if (!line.command || line.command[0] == '#')
			continue;
		fault = parse_line(rest, &line);
		if (!fault)
			r = visit(userdata, &line);
		else if (path)
			log_warn("%s, line %u (\"%s …\"): %s, going on without this line", path,
				 n_lines, line.command, fault);
	}
	return r;
}
