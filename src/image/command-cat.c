/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `kindling cat`. The image is read once for what is in it, links included,
 * and then for each file up to where its content is.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "image/command-line.h"
#include "image/commands.h"
#include "image/reader/contents.h"
#include "image/reader/image-reader.h"

static const char help[] =
	"Usage: kindling cat IMAGE FILE...\n"
	"\n"
	"Writes files of an initramfs image, as they are in it, to standard output. Symbolic\n"
	"links are followed as the booted image would; a path without a slash in front begins\n"
	"at the root as well.\n"
	"\n"
	"  -h, --help   show this text\n"
	"\n"
	"Exit status: 0 success, 1 no such file in it, 2 wrong usage, 6 not an image, or a\n"
	"damaged one, 7 the content cannot be written.\n";

/* Positive results, which errors of the image cannot be. */
enum outcome {
	OUTCOME_OK = 0,
	OUTCOME_NOT_THERE = 1,
	OUTCOME_NOT_WRITTEN = 2,
};

static int write_content(struct image_reader *reader)
{
	const void *data;
	ssize_t size;

	while ((size = image_reader_read(reader, &data)) > 0) {
		int r = file_write_fd(STDOUT_FILENO, data, (size_t)size);

		if (r < 0) {
			log_err_errno(r, "the content cannot be written");
			return OUTCOME_NOT_WRITTEN;
		}
	}
	return (int)size;
}

/* The content of the entry with this number, which the image has. */
static int write_entry(const char *image, unsigned int number)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;
	int r;

	r = image_reader_open(image, &reader);
	if (r < 0)
		return r;
	do
		r = image_reader_next(reader, &entry);
	while (r > 0 && number-- > 0);
	if (r == 0) {
		log_err("%s has changed while it was read", image);
		return -EBADMSG;
	}
	return r < 0 ? r : write_content(reader);
}

/* Why there is nothing to be written of @path, which @absolute stands for. */
static int log_not_there(const struct contents *contents, const char *image, const char *path,
			 const char *absolute)
{
	const struct contents_entry *link = contents_get(contents, absolute);
	_cleanup_free_ char *real = NULL;
	int r = link ? contents_resolve(contents, absolute, &real) : 0;

	if (r == -ENOMEM)
		return r;
	if (r == -ELOOP)
		log_err("%s in %s is a link in a circle of links", path, image);
	else if (real)
		log_err("%s in %s leads to %s, which is not in it", path, image, real);
	else
		log_err("%s is not in %s", path, image);
	return OUTCOME_NOT_THERE;
}

/* A path begins at the root, with or without a slash in front. */
static int write_file(const struct contents *contents, const char *image, const char *path)
{
	_cleanup_free_ char *absolute = str_format("/%s", path);
	const struct contents_entry *entry;

	if (!absolute)
		return -ENOMEM;
	entry = contents_lookup(contents, absolute);
	if (!entry)
		return log_not_there(contents, image, path, absolute);
	if (!entry->file) {
		log_err("%s in %s is a %s, which has no content", path, image,
			S_ISDIR(entry->mode) ? "directory" : "special file");
		return OUTCOME_NOT_THERE;
	}
	return write_entry(image, entry->file->number);
}

static int write_files(const char *image, char **paths)
{
	_cleanup_contents_ struct contents contents = { 0 };
	int r;

	for (r = contents_load(image, NULL, &contents); r == 0 && *paths; paths++)
		r = write_file(&contents, image, *paths);
	return r;
}

int command_cat(int argc, char **argv)
{
	const struct command_option options[] = { { 0 } };
	const struct command_line line = {
		.name = "cat",
		.help = help,
		.options = options,
		.n_arguments_min = 2,
		.n_arguments_max = INT_MAX,
		.expectation = "cat takes an image and the files of it",
	};
	enum exit_code code;
	int r;

	if (!command_line_read(&line, argc, argv, &code))
		return (int)code;
	r = write_files(argv[optind], argv + optind + 1);
	switch (r) {
	case OUTCOME_NOT_THERE:
		return EXIT_CODE_FAILED;
	case OUTCOME_NOT_WRITTEN:
		return EXIT_CODE_OUTPUT;
	default:
		return exit_code_of_image(r);
	}
}
