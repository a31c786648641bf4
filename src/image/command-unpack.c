/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of `kindling unpack`. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "image/commands.h"
#include "image/reader/image-reader.h"
#include "image/reader/unpack.h"

static const struct option long_options[] = {
	{ "directory", required_argument, NULL, 'C' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

static const char help[] =
	"Usage: kindling unpack [-C DIR] IMAGE\n"
	"\n"
	"Unpacks an initramfs image, whichever tool made it. Whatever the image says, nothing is\n"
	"written outside of the directory; what is in the way there is replaced. Owners and "
	"device\n"
	"nodes are restored by root alone.\n"
	"\n"
	"  -C, --directory DIR  where to (default: the working directory); made if it is not "
	"there,\n"
	"                       for you alone\n"
	"  -h, --help           show this text\n"
	"\n"
	"Exit status: 0 success, 1 the image cannot be opened, 2 wrong usage, 6 it is no image,\n"
	"damaged, or has a name that leads outside, 7 a file cannot be written.\n";

struct options {
	const char *directory, *image;
};

/* A file descriptor, or negative errno, logged. */
static int open_directory(const char *path)
{
	int fd;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return log_err_errno(-errno, "The directory %s cannot be made", path);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return log_err_errno(-errno, "The directory %s cannot be opened", path);
	return fd;
}

static enum exit_code unpack(const struct options *options)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	_cleanup_close_ int fd = -1;
	int r;

	r = image_reader_open(options->image, &reader);
	if (r < 0)
		return exit_code_of_image(r);
	fd = open_directory(options->directory);
	if (fd < 0)
		return EXIT_CODE_OUTPUT;
	r = unpack_image(reader, fd, options->directory);
	return r == -EIO ? EXIT_CODE_OUTPUT : exit_code_of_image(r);
}

/* 0, 1 when help was asked for and given, -EINVAL for wrong usage. */
static int parse_options(struct options *options, int argc, char **argv)
{
	int code;

	while ((code = getopt_long(argc, argv, "C:h", long_options, NULL)) != -1) {
		switch (code) {
		case 'C':
			options->directory = optarg;
			break;
		case 'h':
			(void)fputs(help, stdout);
			return 1;
		default: /* getopt_long() has said what is wrong */
			return -EINVAL;
		}
	}
	if (argc - optind != 1) {
		log_err("unpack takes one image");
		return -EINVAL;
	}
	options->image = argv[optind];
	return 0;
}

int command_unpack(int argc, char **argv)
{
	struct options options = { .directory = "." };
	int r;

	r = parse_options(&options, argc, argv);
	if (r < 0) {
		log_info("`kindling unpack --help` shows what can be said");
		return EXIT_CODE_USAGE;
	}
	return r > 0 ? EXIT_CODE_OK : (int)unpack(&options);
}
