/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <unistd.h> /* optind */

#include "image/exit-code.h"

/* An option of a sub-command: one of the pointers says where it goes. */
struct command_option {
	const char *name;
	char letter; /* that it goes by as well, or '\0' */
	bool *is_given;
	const char **value;
};

/* What can be said to a sub-command, besides --help. */
struct command_line {
	const char *name;
	const char *help;
	const struct command_option *options; /* the last has no name */
	int n_arguments_min, n_arguments_max;
	const char *expectation; /* a sentence for whoever gives fewer or more */
};

/*
 * Sets what the options are for; the arguments begin at argv[optind], with NULL behind the last.
 * False if there is nothing more to do: help has been shown, or it has been said what is wrong.
 */
bool command_line_read(const struct command_line *line, int argc, char **argv,
		       enum exit_code *ret_code);

/* Says where help is; for whoever has complained of an option. EXIT_CODE_USAGE. */
enum exit_code command_line_refuse(const char *command);
