/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "image/report/costs.h"

/* Writes a JSON object with all that was counted. Errors are those of the stream. */
void costs_write_json(FILE *stream, const struct costs *costs);
