/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* The path by which standard input is meant. */
#define STANDARD_INPUT "-"

/*
 * A file descriptor, the caller's, of a regular file with all that comes from standard input, which
 * may block; what is no file is read into memory, and standard input is that copy from then on, so
 * that it can be opened again. Negative errno, logged; -EFBIG for more than any image has.
 */
int standard_input_open(void);
