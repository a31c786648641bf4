/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "image/reader/loaded-image.h"
#include "image/report/difference.h"

/*
 * Writes a JSON object with what was added, removed and changed between @a and @b. Errors are those
 * of the stream.
 */
void comparison_write_json(FILE *stream, const struct comparison *comparison,
			   const struct loaded_image *a, const struct loaded_image *b);
