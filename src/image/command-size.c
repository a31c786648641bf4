/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling size`: what costs how much in an image. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/inspect.h"
#include "image/report/costs-json.h"
#include "image/report/costs-picture.h"
#include "image/report/costs-table.h"

#define DEFAULT_TOP 15

static const char help[] =
	"Usage: kindling size [OPTION]... [IMAGE]\n"
	"\n"
	"Shows what costs how much in an image of any tool, the running kernel's by default:\n"
	"groups of files, classes of kernel modules, the largest files, and the archives that\n"
	"the image is made of. Files count with the size that they are stored with.\n"
	"\n"
	"      --kver VERSION\n"
	"                    the image of that kernel, unless IMAGE is named\n"
	"      --top N       how many of the largest files to list (default: 15)\n"
	"      --json        a JSON object with all of it\n"
	"      --svg FILE    a picture in place of the table: a treemap, with - for FILE on\n"
	"                    standard output\n"
	"      --force       write it even if FILE is there and no picture\n"
	"  -h, --help        show this text\n"
	"\n"
	"Exit status: 0 shown, 1 failure, 2 wrong usage, 6 not an image, or a damaged one,\n"
	"7 the output cannot be written.\n";

/* A file that is there may be replaced if it is such a picture, or has nothing to lose. */
static bool may_replace(const char *path)
{
	_cleanup_fclose_ FILE *file = NULL;
	char beginning[1024];
	struct stat st;
	size_t size;

	if (stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return true;
	file = fopen(path, "re");
	size = file ? fread(beginning, 1, sizeof(beginning), file) : 0;
	return memmem(beginning, size, "<svg", 4);
}

struct arguments {
	const char *image, *kver, *svg;
	uint64_t n_largest;
	bool is_json, is_forced;
};

static enum exit_code draw_on(FILE *stream, const char *name, const struct costs *costs)
{
	int r = costs_write_picture(stream, costs);

	return r < 0 ? exit_code_of_image(r) : inspect_finish(stream, name);
}

static enum exit_code draw(const struct arguments *arguments, const struct costs *costs)
{
	_cleanup_fclose_ FILE *file = NULL;

	if (str_equal(arguments->svg, "-"))
		return draw_on(stdout, "standard output", costs);
	if (!arguments->is_forced && !may_replace(arguments->svg)) {
		log_err("%s is there and no SVG picture; --force replaces it all the same",
			arguments->svg);
		return EXIT_CODE_OUTPUT;
	}
	file = fopen(arguments->svg, "we");
	if (!file) {
		log_err_errno(-errno, "cannot write the picture to %s", arguments->svg);
		return EXIT_CODE_OUTPUT;
	}
	return draw_on(file, arguments->svg, costs);
}

static enum exit_code show(const struct arguments *arguments)
{
	_cleanup_loaded_image_ struct loaded_image image = { 0 };
	_cleanup_costs_ struct costs costs = { 0 };
	enum exit_code code;
	int r;

	code = inspect_load(arguments->image, arguments->kver, NULL, &image);
	if (code != EXIT_CODE_OK)
		return code;
	r = costs_count(&image, arguments->n_largest, &costs);
	if (r < 0)
		return exit_code_of_image(r);
	if (arguments->svg)
		return draw(arguments, &costs);
	if (arguments->is_json)
		costs_write_json(stdout, &costs);
	else
		costs_write_table(stdout, &costs);
	return inspect_finish(stdout, "standard output");
}

int command_size(int argc, char **argv)
{
	struct arguments arguments = { .n_largest = DEFAULT_TOP };
	const char *top = NULL;
	const struct command_option options[] = {
		{ "force", .is_given = &arguments.is_forced },
		{ "json", .is_given = &arguments.is_json },
		{ "kver", .value = &arguments.kver },
		{ "svg", .value = &arguments.svg },
		{ "top", .value = &top },
		{ 0 },
	};
	const struct command_line line = {
		.name = "size",
		.help = help,
		.options = options,
		.n_arguments_max = 1,
		.expectation = "size looks into one image",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	if (top && str_parse_uint64(top, &arguments.n_largest) < 0) {
		log_err("--top %s is not a number of files", top);
		return (int)command_line_refuse(line.name);
	}
	if (arguments.is_json && arguments.svg) {
		log_err("--json and --svg exclude each other");
		return (int)command_line_refuse(line.name);
	}
	arguments.image = argv[optind];
	return (int)show(&arguments);
}
