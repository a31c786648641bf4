/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Cuts the next field off the line *@rest, which moves on behind it. Fields are separated by white
 * space, which is written as \040 inside of them, as fstab(5) and Debian's crypttab(5) have it.
 * NULL at the end of the line, and at once if the line is empty or a comment.
 */
char *fields_first(char **rest);
char *fields_next(char **rest);

/* Decodes each \ooo in place, as proc_pid_mountinfo(5) writes paths. */
void fields_unescape_octal(char *string);
