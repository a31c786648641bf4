/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "image/commands.h"
#include "image/reader/contents.h"

/* What the sub-commands that look into images have in common. */

/*
 * Loads @path, or if it is NULL the image of kernel @kver, or of the running one if that is NULL as
 * well. The path that it was is the caller's to free. EXIT_CODE_OK, or what went wrong, and then it
 * has been said.
 */
enum exit_code inspect_load(const char *path, const char *kver, contents_wants_cb wants_data,
			    char **ret_path, struct contents *ret_contents);

/* The size of the file at @path itself, in bytes; 0 if it cannot be told. */
uint64_t inspect_file_size(const char *path);

/*
 * Prints text of an image on standard output: control characters and backslashes as \ooo, as a line
 * must stay a line and a terminal is not to be told what to do.
 */
void inspect_print(const char *text);

/* The end of a command's output: EXIT_CODE_OUTPUT, having said so, if not all could be written. */
enum exit_code inspect_finish(FILE *stream, const char *name);
