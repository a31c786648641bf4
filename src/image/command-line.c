/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/command-line.h"

#include <getopt.h>
#include <stdio.h>

#include "base/log.h"

#define OPTIONS_MAX      8
#define LONG_OPTION_BASE 256 /* beyond the characters of short options */

/* The options as getopt_long(3) takes them; the row of one has the index that it has itself. */
struct getopt_tables {
	struct option rows[OPTIONS_MAX + 2];
	char letters[2 * OPTIONS_MAX + 2];
};

static void make_tables(const struct command_option *options, struct getopt_tables *ret_tables)
{
	struct getopt_tables tables = { .letters = "h" };
	char *letter = tables.letters + 1;
	int n = 0;

	for (; n < OPTIONS_MAX && options[n].name; n++) {
		const struct command_option *option = &options[n];

		tables.rows[n] = (struct option){
			.name = option->name,
			.has_arg = option->value ? required_argument : no_argument,
			.val = option->letter ? option->letter : LONG_OPTION_BASE + n,
		};
		if (option->letter)
			*letter++ = option->letter;
		if (option->letter && option->value)
			*letter++ = ':';
	}
	tables.rows[n] = (struct option){ .name = "help", .val = 'h' };
	*ret_tables = tables;
}

static bool apply(const struct command_line *line, const struct option *rows, int code)
{
	for (int i = 0; line->options[i].name; i++) {
		const struct command_option *option = &line->options[i];

		if (rows[i].val != code)
			continue;
		if (option->value)
			*option->value = optarg;
		else
			*option->is_given = true;
		return true;
	}
	return false;
}

bool command_line_read(const struct command_line *line, int argc, char **argv,
		       enum exit_code *ret_code)
{
	struct getopt_tables tables;
	int code, n_arguments;

	make_tables(line->options, &tables);
	while ((code = getopt_long(argc, argv, tables.letters, tables.rows, NULL)) != -1) {
		if (code == 'h') {
			(void)fputs(line->help, stdout);
			*ret_code = EXIT_CODE_OK;
			return false;
		}
		if (!apply(line, tables.rows, code)) { /* getopt_long() has said what is wrong */
			*ret_code = command_line_refuse(line->name);
			return false;
		}
	}
	n_arguments = argc - optind;
	if (n_arguments >= line->n_arguments_min && n_arguments <= line->n_arguments_max)
		return true;
	log_err("%s", line->expectation);
	*ret_code = command_line_refuse(line->name);
	return false;
}

enum exit_code command_line_refuse(const char *command)
{
	log_info("`kindling %s --help` shows what can be said", command);
	return EXIT_CODE_USAGE;
}
