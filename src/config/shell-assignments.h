/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Called for each assignment, with the number of its line, counted from 1: either with a @value, or
 * with a @problem, the rest of a sentence, where only a shell could tell the value. Strings are
 * valid until it returns. 0, or a negative errno that ends the parsing.
 */
typedef int (*shell_assignment_cb)(void *userdata, unsigned int line, const char *name,
				   const char *value, const char *problem);

/*
 * Parses what is meant for a shell but rarely needs one, such as vconsole.conf(5) or Debian's
 * /etc/default: lines NAME=value with the shell's quotes. Nothing is expanded or run; lines that
 * are no assignment are passed over, and no quote reaches beyond its line. What @on_assignment
 * returns, or -ENOMEM.
 */
int shell_assignments_parse(const char *text, shell_assignment_cb on_assignment, void *userdata);
