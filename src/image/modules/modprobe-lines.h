/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* "softdep ext4 pre: crc32c", as modprobe.d(5) has it. */
struct modprobe_line {
	const char *command;
	const char *name; /* the first word, dashes as underscores */
	char *rest;       /* all after that */
};

typedef int (*modprobe_line_fn)(void *userdata, const struct modprobe_line *line);

/*
 * Calls @visit for each line of @text, which is that of the file @path, and stops at its first
 * negative result, which is returned. Lines that make no sense are passed over, with a warning that
 * names the file; without one if @path is NULL, as somebody else has warned. @text is changed.
 */
int modprobe_lines_parse(const char *path, char *text, modprobe_line_fn visit, void *userdata);

/* The next word of *@rest, which moves on; NULL at its end. */
char *modprobe_lines_next_word(char **rest);
