/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

struct consoles;
struct loop;

/*
 * Bytes that somebody typed on @console, valid during the call. Consoles are counted from 0 as they
 * are opened, and each keeps its number.
 */
typedef void (*console_input_cb)(void *userdata, unsigned int console, char *bytes, size_t size);

/* Consoles came after consoles_new(), and take part already. */
typedef void (*consoles_opened_cb)(void *userdata);

/*
 * Opens every console that the kernel writes to, so that whoever sits at one of them sees and can
 * answer; also those that come later. None at all is fine. @named is one that the command line
 * names, or NULL; @sysfs is where it is mounted. Writing never blocks: what a console does not take
 * at once is kept for it, up to a limit. Nothing of what is typed shows from now on. 0 or -ENOMEM.
 */
int consoles_new(struct loop *loop, const char *sysfs, const char *named,
		 consoles_opened_cb on_opened, void *userdata, struct consoles **ret_consoles);

/* Restores the terminals. */
struct consoles *consoles_free(struct consoles *consoles);

/* Restores the terminals for a while, for somebody else, as for a shell; reopening ends that. */
void consoles_lend(struct consoles *consoles);

/*
 * Opens all of them anew, for when one may have been hung up; to be called while nobody reads. One
 * that cannot be opened any more is none from now on.
 */
void consoles_reopen(struct consoles *consoles);

/* A terminal is new, and may be that of a console whose terminal was missing. */
void consoles_look_again(struct consoles *consoles);

/* Whether there is any. */
bool consoles_exist(const struct consoles *consoles);

/* While there is none, that which the command line names: its driver may come. Else NULL. */
const char *consoles_get_awaited(const struct consoles *consoles);

/* The names of those that are virtual terminals, separated by spaces; "" if there is none. */
const char *consoles_get_terminals(const struct consoles *consoles);

/*
 * The keymap that virtual terminals show in front of a prompt, since what is typed there shows
 * nowhere; NULL for none.
 */
void consoles_set_keymap(struct consoles *consoles, const char *name);

/* Shows @text, in which each line ends with a newline. */
void consoles_print(struct consoles *consoles, const char *text);

/* Shows one line, "kindling: " and what @format gives, and keeps it in the log. */
void consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);

/*
 * Shows @text, one line without newline, and keeps it below whatever is printed; it stays
 * referenced. NULL ends it.
 */
void consoles_set_prompt(struct consoles *consoles, const char *text);

/*
 * Shows the @size bytes at @text behind the prompt, on @console only, in place of what was there;
 * they stay referenced until the next call or until there is another prompt, or none. Text at the
 * same address that is longer than before begins with what it was.
 */
void consoles_set_typed(struct consoles *consoles, unsigned int console, const char *text,
			size_t size);

/* Starts to deliver what is typed; what was typed before is discarded. NULL stops it. */
void consoles_set_input(struct consoles *consoles, console_input_cb callback, void *userdata);

/* Writes out what is kept, for at most @timeout_msec: for the very end only, since it blocks. */
void consoles_drain(struct consoles *consoles, int timeout_msec);
