/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "image/report/costs.h"

/*
 * Writes an SVG treemap of all files in the colours of their groups. 0 or -ENOMEM; whether the
 * stream took it, ferror(3) tells.
 */
int costs_write_picture(FILE *stream, const struct costs *costs);
