/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/shell-assignments.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/lines.h"
#include "base/str.h"

#define WHITE_SPACE " \t\r"

static const char not_closed[] = "has a quote that is not closed";
static const char computed[] = "has a value that only a shell could compute";

/*
 * Cuts the value at *@next, which moves on behind it, and removes its quotes in place; or says why
 * it has none. A word ends at white space, ";" or another operator.
 */
static const char *cut_value(char **next, char **ret_value)
{
	char *from = *next, *to = *next, quote = '\0';
	const char *problem = NULL;

	*ret_value = to;
	for (; *from && (quote || !strchr(WHITE_SPACE ";&|<>()", *from)); from++) {
		if (*from == quote) {
			quote = '\0';
		} else if (!quote && (*from == '"' || *from == '\'')) {
			quote = *from;
		} else if (*from == '\\' && quote != '\'') {
			bool is_escape = !quote || (from[1] && strchr("\"\\$`", from[1]));

			if (!from[1])
				problem = computed; /* goes on in the next line */
			else if (is_escape)
				from++;
			*to++ = *from;
		} else {
			if (quote != '\'' && (*from == '$' || *from == '`'))
				problem = computed;
			*to++ = *from;
		}
	}
	*next = *from ? from + 1 : from;
	*to = '\0';
	return quote ? not_closed : problem;
}

/* The name of the assignment at *@next, which moves on behind "="; NULL if there is none. */
static char *cut_name(char **next)
{
	char *name = *next, *end;

	if (str_after_prefix(name, "export") && isblank((unsigned char)name[strlen("export")]))
		name += strlen("export") + strspn(name + strlen("export"), WHITE_SPACE);
	end = name;
	while (isalnum((unsigned char)*end) || *end == '_')
		end++;
	if (end == name || *end != '=' || isdigit((unsigned char)*name))
		return NULL;
	*end = '\0';
	*next = end + 1;
	return name;
}

struct reader {
	shell_assignment_cb on_assignment;
	void *userdata;
};

/* Assignments of one line are separated by white space or ";". */
static int parse_line(void *userdata, char *text, unsigned int number)
{
	const struct reader *reader = userdata;
	int r = 0;

	while (r >= 0) {
		const char *problem;
		char *name, *value;

		text += strspn(text, WHITE_SPACE ";");
		name = cut_name(&text);
		if (!name)
			return 0;
		problem = cut_value(&text, &value);
		r = reader->on_assignment(reader->userdata, number, name, problem ? NULL : value,
					  problem);
	}
	return r;
}

int shell_assignments_parse(const char *text, shell_assignment_cb on_assignment, void *userdata)
{
	return lines_for_each(text, parse_line, &(struct reader){ on_assignment, userdata });
}
