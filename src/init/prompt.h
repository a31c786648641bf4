/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "config/crypt-options.h"

struct consoles;
struct loop;
struct prompt;
struct secret;

/* Somebody pressed Enter, or an agent did as much; @answer is the callback's to free. The question
 * is over by then. */
typedef void (*prompt_answer_cb)(void *userdata, struct secret *answer);

struct prompt_question {
	const char *text;
	const char *id;        /* what it is about, for programs; or NULL */
	enum crypt_echo echo;  /* what shows of the answer while it is typed */
	uint64_t timeout_usec; /* after which it will be withdrawn; 0 or USEC_INFINITY: none */
};

/*
 * Asks on the consoles, one question at a time, and password agents through @agents_directory,
 * which stays referenced. 0 or -ENOMEM.
 */
int prompt_new(struct loop *loop, struct consoles *consoles, const char *agents_directory,
	       struct prompt **ret_prompt);
struct prompt *prompt_free(struct prompt *prompt);

/*
 * Shows the question, which is copied, and collects an answer. While there is no console but one is
 * awaited, nobody sees it yet. 0; -EBUSY while another question is open; -ENXIO if there is no
 * console where it could be answered; -ENOMEM.
 */
int prompt_ask(struct prompt *prompt, const struct prompt_question *question,
	       prompt_answer_cb callback, void *userdata);

/*
 * While @is_held, a question is open but neither shown nor answered: nobody shall type before the
 * keyboard gives what it should.
 */
void prompt_hold(struct prompt *prompt, bool is_held);

/* Takes the open question back; nothing happens when there is none. */
void prompt_withdraw(struct prompt *prompt);

bool prompt_is_open(const struct prompt *prompt);

/* Whether somebody has begun to answer the open question. */
bool prompt_is_touched(const struct prompt *prompt);

/* Edits @line by one byte as typed. Whether the line is complete. Pure, for prompt and tests. */
struct line_editor {
	struct secret *line;
	bool is_shown; /* which Tab changes */
	enum { LINE_TEXT, LINE_ESCAPE, LINE_CONTROL_SEQUENCE } state;
};

bool line_editor_feed(struct line_editor *editor, char byte);
