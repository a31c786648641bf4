/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "image/commands.h"
#include "image/reader/loaded-image.h"

/* What the sub-commands that look into images have in common. */

/*
 * Loads @path, or if it is NULL the image of kernel @kver, or of the running one if that is NULL as
 * well. EXIT_CODE_OK, or what went wrong, and then it has been said.
 */
enum exit_code inspect_load(const char *path, const char *kver, contents_wants_cb wants_data,
			    struct loaded_image *ret_image);

/* The end of a command's output: EXIT_CODE_OUTPUT, having said so, if not all could be written. */
enum exit_code inspect_finish(FILE *stream, const char *name);
