/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

struct children;
struct consoles;
struct shell;

typedef void (*shell_end_cb)(void *userdata);

/*
 * A shell on the console, for images that have one: whoever built the image has decided that by
 * putting it at IMAGE_SHELL, and nothing else in an image is ever run as a shell. @is_enabled is
 * what the command line says, which can only forbid it. 0 or -ENOMEM.
 */
int shell_new(struct children *children, struct consoles *consoles, bool is_enabled,
	      struct shell **ret_shell);

/* Ends it, if it is open. */
struct shell *shell_free(struct shell *shell);

/* Why there is none, the end of a sentence; NULL if there is one. */
const char *shell_refuse(const struct shell *shell);

/*
 * Starts it, in a session of its own with the terminal that /dev/console is, which nobody may read
 * from meanwhile. @on_end is called when it has ended. 0 or negative errno.
 */
int shell_open(struct shell *shell, shell_end_cb on_end, void *userdata);

bool shell_is_open(const struct shell *shell);
