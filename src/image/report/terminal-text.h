/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdio.h>

/*
 * Writes text of an image for people: control characters, what is not UTF-8 and backslashes as
 * \ooo, as a line must stay a line and a terminal is not to be told what to do. Errors are those of
 * the stream.
 */
void terminal_write_text(FILE *stream, const char *text);
