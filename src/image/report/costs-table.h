/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

#include "image/report/costs.h"

/*
 * Writes for people, and a terminal, what costs how much: groups of files and classes of modules,
 * the largest files, the archives. Errors are those of the stream.
 */
void costs_write_table(FILE *stream, const struct costs *costs);
