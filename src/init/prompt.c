/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One question at a time. The terminal edits nothing and echoes nothing; the few editing keys are
 * handled here, on a line that lives in a struct secret from the first byte on. Each console has
 * its own line: what is half typed on one, or came from a serial line with noise, is no part of
 * what another one answers. Password agents are asked at the same time.
 */
#include "init/prompt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/utf8.h"
#include "init/ask-password.h"
#include "init/console.h"

#define CONTROL(letter) ((letter) - '@')
#define ESCAPE          CONTROL('[')
#define DELETE          0x7f

struct prompt {
	struct loop *loop;
	struct consoles *consoles;
	const char *agents_directory;
	struct ask_password *agents; /* while the question is shown */
	struct line_editor *editors; /* by console, as far as somebody typed there */
	unsigned int n_editors;
	struct prompt_question question; /* its strings are ours */
	bool is_held, is_shown;
	prompt_answer_cb callback; /* NULL: no question is open */
	void *userdata;
};

/* '[' would be one, but the kernel's console sends ESC [ [ A for F1. */
static bool is_final_byte(char byte)
{
	return byte >= 0x40 && byte <= 0x7e && byte != '[';
}

static bool is_control(char byte)
{
	return (unsigned char)byte < 0x20 || byte == DELETE;
}

/*
 * Cursor keys and the like send ESC, '[' or 'O', parameters and a final byte (ECMA-48, 5.4); where
 * a paste begins and ends, some terminals send such a sequence, too. A control byte ends each and
 * counts, so that Enter after a lone Escape is Enter.
 */
static bool skip_escape_sequence(struct line_editor *editor, char byte)
{
	if (byte == ESCAPE) {
		editor->state = LINE_ESCAPE;
		return true;
	}
	if (is_control(byte))
		editor->state = LINE_TEXT;
	switch (editor->state) {
	case LINE_TEXT:
		return false;
	case LINE_ESCAPE:
		editor->state = byte == '[' || byte == 'O' ? LINE_CONTROL_SEQUENCE : LINE_TEXT;
		return true;
	case LINE_CONTROL_SEQUENCE:
		if (is_final_byte(byte))
			editor->state = LINE_TEXT;
		return true;
	}
	return false;
}

bool line_editor_feed(struct line_editor *editor, char byte)
{
	if (skip_escape_sequence(editor, byte))
		return false;
	switch (byte) {
	case '\r':
	case '\n':
		return true;
	case DELETE:
	case CONTROL('H'):
		secret_erase_last_character(editor->line);
		return false;
	case CONTROL('U'):
	case CONTROL('W'):
		secret_clear(editor->line);
		return false;
	case '\t':
		editor->is_shown = !editor->is_shown;
		return false;
	}
	/* Bytes above 0x7f are parts of characters; other control bytes are no part of anything. */
	if (!is_control(byte))
		(void)secret_append(editor->line, byte);
	return false;
}

/* That of @console, empty if nobody has typed there; NULL without memory. */
static struct line_editor *get_editor(struct prompt *prompt, unsigned int console)
{
	struct line_editor *editors = prompt->editors;

	if (console >= prompt->n_editors) {
		editors = reallocarray(editors, console + 1, sizeof(*editors));
		if (!editors)
			return NULL;
		prompt->editors = editors;
		while (prompt->n_editors <= console)
			editors[prompt->n_editors++] = (struct line_editor){
				.is_shown = prompt->question.echo == CRYPT_ECHO_MASKED ||
					    prompt->question.echo == CRYPT_ECHO_YES,
			};
	}
	if (!editors[console].line)
		editors[console].line = secret_new();
	return editors[console].line ? &editors[console] : NULL;
}

/* Stars for what was typed, or itself, or nothing. */
static void show_typed(const struct prompt *prompt, unsigned int console)
{
	static const char stars[SECRET_MAX] = { [0 ... SECRET_MAX - 1] = '*' };
	const struct line_editor *editor = &prompt->editors[console];
	const struct secret *line = editor->line;
	size_t n_characters = 0;

	if (prompt->question.echo == CRYPT_ECHO_NO || !editor->is_shown) {
		consoles_set_typed(prompt->consoles, console, stars, 0);
		return;
	}
	if (prompt->question.echo == CRYPT_ECHO_YES) {
		consoles_set_typed(prompt->consoles, console, line->bytes, line->size);
		return;
	}
	for (size_t i = 0; i < line->size; i++)
		n_characters += utf8_is_first_byte(line->bytes[i]);
	consoles_set_typed(prompt->consoles, console, stars, n_characters);
}

/* The question is over before whoever asked hears of it, and may ask the next one. */
static void finish(struct prompt *prompt, struct secret *answer)
{
	prompt_answer_cb callback = prompt->callback;
	void *userdata = prompt->userdata;

	prompt_withdraw(prompt);
	callback(userdata, answer);
}

static void on_input(void *userdata, unsigned int console, char *bytes, size_t size)
{
	struct prompt *prompt = userdata;
	struct line_editor *editor = get_editor(prompt, console);

	if (!editor) {
		log_warn("no memory for what is typed, ignoring it");
		return;
	}
	for (size_t i = 0; i < size; i++) {
		if (line_editor_feed(editor, bytes[i])) {
			finish(prompt, TAKE_PTR(editor->line));
			return;
		}
		show_typed(prompt, console);
	}
}

int prompt_new(struct loop *loop, struct consoles *consoles, const char *agents_directory,
	       struct prompt **ret_prompt)
{
	struct prompt *prompt = calloc(1, sizeof(*prompt));

	if (!prompt)
		return -ENOMEM;
	prompt->loop = loop;
	prompt->consoles = consoles;
	prompt->agents_directory = agents_directory;
	*ret_prompt = prompt;
	return 0;
}

struct prompt *prompt_free(struct prompt *prompt)
{
	if (prompt) {
		prompt_withdraw(prompt);
		ask_password_clean_up(prompt->agents_directory);
		free(prompt);
	}
	return NULL;
}

static void free_editors(struct prompt *prompt)
{
	for (unsigned int i = 0; i < prompt->n_editors; i++)
		(void)secret_free(prompt->editors[i].line);
	free(prompt->editors);
	prompt->editors = NULL;
	prompt->n_editors = 0;
}

static void forget(struct prompt *prompt)
{
	free_editors(prompt);
	free((char *)prompt->question.text);
	free((char *)prompt->question.id);
	prompt->question = (struct prompt_question){ 0 };
	prompt->callback = NULL;
}

static void on_agent_answer(void *userdata, struct secret *answer)
{
	finish(userdata, answer);
}

static void ask_agents(struct prompt *prompt)
{
	const struct prompt_question *question = &prompt->question;
	const struct ask_password_question for_agents = {
		.message = question->text,
		.id = question->id,
		.is_echoed = question->echo == CRYPT_ECHO_YES,
		.is_silent = question->echo == CRYPT_ECHO_NO || question->echo == CRYPT_ECHO_ON_TAB,
		.timeout_usec = question->timeout_usec,
	};
	int r = ask_password_new(prompt->loop, prompt->agents_directory, &for_agents,
				 on_agent_answer, prompt, &prompt->agents);

	if (r < 0)
		log_warn_errno(r, "cannot ask password agents, only whoever sits at a console");
}

static void show(struct prompt *prompt)
{
	if (prompt->is_held || prompt->is_shown || !prompt->callback)
		return;
	prompt->is_shown = true;
	consoles_set_input(prompt->consoles, on_input, prompt);
	consoles_set_prompt(prompt->consoles, prompt->question.text);
	ask_agents(prompt);
}

static void hide(struct prompt *prompt)
{
	if (!prompt->is_shown)
		return;
	prompt->is_shown = false;
	prompt->agents = ask_password_free(prompt->agents);
	consoles_set_prompt(prompt->consoles, NULL);
	consoles_set_input(prompt->consoles, NULL, NULL);
}

void prompt_hold(struct prompt *prompt, bool is_held)
{
	prompt->is_held = is_held;
	show(prompt);
}

static int copy_question(const struct prompt_question *question, struct prompt_question *ret_copy)
{
	*ret_copy = *question;
	ret_copy->text = strdup(question->text);
	ret_copy->id = question->id ? strdup(question->id) : NULL;
	return ret_copy->text && (ret_copy->id || !question->id) ? 0 : -ENOMEM;
}

int prompt_ask(struct prompt *prompt, const struct prompt_question *question,
	       prompt_answer_cb callback, void *userdata)
{
	const char *awaited = consoles_get_awaited(prompt->consoles);

	if (prompt->callback)
		return -EBUSY;
	if (!consoles_exist(prompt->consoles) && !awaited)
		return -ENXIO;
	if (copy_question(question, &prompt->question) < 0) {
		forget(prompt);
		return -ENOMEM;
	}
	if (awaited)
		log_info("there is no console yet, a question waits for %s", awaited);
	prompt->callback = callback;
	prompt->userdata = userdata;
	show(prompt);
	return 0;
}

void prompt_withdraw(struct prompt *prompt)
{
	hide(prompt);
	forget(prompt);
}

bool prompt_is_open(const struct prompt *prompt)
{
	return prompt->callback != NULL;
}

bool prompt_is_touched(const struct prompt *prompt)
{
	for (unsigned int i = 0; i < prompt->n_editors; i++)
		if (prompt->editors[i].line && prompt->editors[i].line->size > 0)
			return true;
	return false;
}
