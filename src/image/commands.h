/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the program returns to the shell; `kindling --help` lists them. */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
};

/*
 * One function for each sub-command. argv[0] is the text that messages about options begin with,
 * "kindling build"; the result is an enum exit_code.
 */
int command_build(int argc, char **argv);
