/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* What the program returns to the shell; `kindling --help` lists them. */
enum exit_code {
	EXIT_CODE_OK = 0,
	EXIT_CODE_FAILED = 1,
	EXIT_CODE_USAGE = 2,
	EXIT_CODE_UNVERIFIED = 3, /* the image would not reach the root of this machine */
	EXIT_CODE_KERNEL = 4,     /* no such kernel, or its module indexes are missing or damaged */
	EXIT_CODE_INPUT = 5,      /* a file that was to go in cannot be read, or is broken */
	EXIT_CODE_IMAGE = 6,      /* what should be an image is none, or is damaged or hostile */
	EXIT_CODE_OUTPUT = 7,     /* the result cannot be written: a directory, no space */
};

/*
 * One function for each sub-command. argv[0] is the text that messages about options begin with,
 * "kindling build"; the result is an enum exit_code.
 */
int command_build(int argc, char **argv);
int command_cat(int argc, char **argv);
int command_diff(int argc, char **argv);
int command_ls(int argc, char **argv);
int command_size(int argc, char **argv);
int command_unpack(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_why(int argc, char **argv);

/*
 * What a command returns after reading an image: @result is 0 or the error of a function of
 * image-reader.h, and for -ENOMEM, which those do not log, this does.
 */
enum exit_code exit_code_of_image(int result);
