/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling diff`: in what two images differ. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/report/comparison-json.h"
#include "image/report/comparison-table.h"

static const char help[] =
	"Usage: kindling diff [OPTION]... A B\n"
	"\n"
	"Shows what is in only one of two images, or differs: content, type, permissions,\n"
	"owner, link target. Any tool's images will do. Where A and B have modules of\n"
	"different kernels, paths are compared without the kernel's version.\n"
	"\n"
	"      --json    a JSON object with lists of what was added, removed and changed\n"
	"  -h, --help    show this text\n"
	"\n"
	"Lines begin with + if only B has it, - if only A has it, and ~ if both have it; then\n"
	"come the sizes in A and in B.\n"
	"\n"
	"Exit status: 0 compared, whatever was found, 1 failure, 2 wrong usage, 6 not an image,\n"
	"or a damaged one, 7 the output cannot be written.\n";

struct arguments {
	const char *a, *b;
	bool is_json;
};

static enum exit_code compare(const struct arguments *arguments)
{
	_cleanup_loaded_image_ struct loaded_image a = { 0 }, b = { 0 };
	_cleanup_comparison_ struct comparison comparison = { 0 };
	enum exit_code code;

	code = inspect_load(arguments->a, NULL, NULL, &a);
	if (code == EXIT_CODE_OK)
		code = inspect_load(arguments->b, NULL, NULL, &b);
	if (code != EXIT_CODE_OK)
		return code;
	if (comparison_make(&a.contents, &b.contents, &comparison) < 0)
		return exit_code_of_image(-ENOMEM);
	if (arguments->is_json)
		comparison_write_json(stdout, &comparison, &a, &b);
	else
		comparison_write_table(stdout, &comparison, &a, &b);
	return inspect_finish(stdout, "standard output");
}

int command_diff(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	const struct command_option options[] = {
		{ "json", .is_given = &arguments.is_json },
		{ 0 },
	};
	const struct command_line line = {
		.name = "diff",
		.help = help,
		.options = options,
		.n_arguments_min = 2,
		.n_arguments_max = 2,
		.expectation = "say which two images to compare",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	arguments.a = argv[optind];
	arguments.b = argv[optind + 1];
	return (int)compare(&arguments);
}
