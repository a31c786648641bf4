/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "image/reader/loaded-image.h"
#include "image/report/difference.h"

/*
 * Writes for people, and a terminal, in what @a and @b differ, a line a difference, and what that
 * sums up to. Errors are those of the stream.
 */
void comparison_write_table(FILE *stream, const struct comparison *comparison,
			    const struct loaded_image *a, const struct loaded_image *b);
