/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Called for each line, whose end is cut off and which may be cut further; the first has the number
 * 1. 0, or a negative errno that ends the walk.
 */
typedef int (*line_cb)(void *userdata, char *line, unsigned int number);

/*
 * Walks over the lines of a copy of @text. What follows the last end of a line is a line, too, ""
 * mostly. What @on_line returned last, or -ENOMEM.
 */
int lines_for_each(const char *text, line_cb on_line, void *userdata);
