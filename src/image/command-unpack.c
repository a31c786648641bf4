/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling unpack`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/reader/image-reader.h"
#include "image/reader/unpack.h"

static const char help[] =
	"Usage: kindling unpack [-C DIR] IMAGE\n"
	"\n"
	"Unpacks an initramfs image, whichever tool made it. Whatever the image says, nothing\n"
	"is written outside of the directory; what is in the way there is replaced. Owners and\n"
	"device nodes are restored by root alone.\n"
	"\n"
	"  -C, --directory DIR  where to (default: the working directory); made if it is not\n"
	"                       there, for you alone\n"
	"  -h, --help           show this text\n"
	"\n"
	"Exit status: 0 success, 1 failure, 2 wrong usage, 6 not an image, a damaged one, or\n"
	"one with a name that leads outside, 7 a file cannot be written.\n";

/* A file descriptor, or negative errno, logged. */
static int open_directory(const char *path)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return log_err_errno(-errno, "cannot make the directory %s%s", path,
				     errno == ENOENT ? " in one that is not there" : "");
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return log_err_errno(-errno, "cannot open the directory %s", path);
	return fd;
}

static enum exit_code unpack(const char *image, const char *directory)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	r = image_reader_open(image, &reader);
	if (r < 0)
		return exit_code_of_image(r);
	fd = open_directory(directory);
	if (fd < 0)
		return EXIT_CODE_OUTPUT;
	r = unpack_image(reader, fd, directory);
	return r == -EIO ? EXIT_CODE_OUTPUT : exit_code_of_image(r);
}

int command_unpack(int argc, char **argv)
{
	const char *directory = ".";
	const struct command_option options[] = {
		{ "directory", 'C', .value = &directory },
		{ 0 },
	};
	const struct command_line line = {
		.name = "unpack",
		.help = help,
		.options = options,
		.n_arguments_min = 1,
		.n_arguments_max = 1,
		.expectation = "unpack takes one image",
	};
	enum exit_code code;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	return (int)unpack(argv[optind], directory);
}
