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
	EXIT_CODE_UNPROVEN = 8,   /* nothing is known to be missing, but not all could be judged */
};
