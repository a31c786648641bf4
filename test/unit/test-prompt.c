/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a question is on the screen, and when it is answered: the consoles are ours. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/secret.h"
#include "init/ask-password.h"
#include "init/console.h"
#include "init/prompt.h"
#include "recent-log.h"
#include "support.h"

static bool has_console;
static const char *awaited; /* console */
static const char *shown;   /* the prompt that is on the consoles */
static console_input_cb on_input;
static void *input_userdata;
static unsigned int n_answers;
static char last_answer[16];
static char typed[4][32]; /* what stands for it, by console */

static int agents_error;
static struct {
	bool are_asked, is_echoed, is_silent;
	ask_password_cb callback;
	void *userdata;
} agents;

bool __wrap_consoles_exist(const struct consoles *consoles);
const char *__wrap_consoles_get_awaited(const struct consoles *consoles);
int __wrap_ask_password_new(struct loop *loop, const char *directory,
			    const struct ask_password_question *question, ask_password_cb callback,
			    void *userdata, struct ask_password **ret_ask);
struct ask_password *__wrap_ask_password_free(struct ask_password *ask);
void __wrap_ask_password_clean_up(const char *directory);
void __wrap_consoles_set_prompt(struct consoles *consoles, const char *text);
void __wrap_consoles_set_typed(struct consoles *consoles, unsigned int console, const char *text,
			       size_t size);
void __wrap_consoles_set_input(struct consoles *consoles, console_input_cb callback,
			       void *userdata);

bool __wrap_consoles_exist(const struct consoles *consoles)
{
	return has_console;
}

const char *__wrap_consoles_get_awaited(const struct consoles *consoles)
{
	return awaited;
}

void __wrap_consoles_set_prompt(struct consoles *consoles, const char *text)
{
	shown = text;
}

void __wrap_consoles_set_typed(struct consoles *consoles, unsigned int console, const char *text,
			       size_t size)
{
	(void)snprintf(typed[console], sizeof(typed[console]), "%.*s", (int)size, text);
}

void __wrap_consoles_set_input(struct consoles *consoles, console_input_cb callback, void *userdata)
{
	on_input = callback;
	input_userdata = userdata;
}

int __wrap_ask_password_new(struct loop *loop, const char *directory,
			    const struct ask_password_question *question, ask_password_cb callback,
			    void *userdata, struct ask_password **ret_ask)
{
	assert_string_equal(directory, "/agents");
	assert_string_equal(question->message, "who? ");
	if (agents_error < 0)
		return agents_error;
	agents.are_asked = true;
	agents.is_echoed = question->is_echoed;
	agents.is_silent = question->is_silent;
	agents.callback = callback;
	agents.userdata = userdata;
	*ret_ask = (struct ask_password *)&agents;
	return 0;
}

struct ask_password *__wrap_ask_password_free(struct ask_password *ask)
{
	if (ask)
		agents.are_asked = false;
	return NULL;
}

void __wrap_ask_password_clean_up(const char *directory)
{
	assert_false(agents.are_asked);
}

static void on_answer(void *userdata, struct secret *answer)
{
	n_answers++;
	(void)snprintf(last_answer, sizeof(last_answer), "%.*s", (int)answer->size, answer->bytes);
	secret_free(answer);
}

static int set_up(void **state)
{
	struct prompt *prompt;

	has_console = true;
	awaited = NULL;
	shown = NULL;
	on_input = NULL;
	n_answers = 0;
	recent_log_start();
	agents_error = 0;
	assert_int_equal(prompt_new(NULL, NULL, "/agents", &prompt), 0);
	*state = prompt;
	return 0;
}

static int tear_down(void **state)
{
	prompt_free(*state);
	assert_null(shown);
	assert_null(on_input);
	return 0;
}

static void type(unsigned int console, const char *text)
{
	char bytes[16];

	(void)strcpy(bytes, text);
	on_input(input_userdata, console, bytes, strlen(bytes));
}

static void expect_answer(const char *text)
{
	assert_int_equal(n_answers, 1);
	assert_string_equal(last_answer, text);
	n_answers = 0;
}

static void ask(struct prompt *prompt, const char *text)
{
	const struct prompt_question question = { .text = text, .id = "cryptsetup:/dev/sda" };

	assert_int_equal(prompt_ask(prompt, &question, on_answer, NULL), 0);
	assert_true(prompt_is_open(prompt));
}

static void expect_shown(const char *text)
{
	assert_int_equal(!text, !on_input);
	assert_int_equal(text && agents_error == 0, agents.are_asked);
	if (text)
		assert_string_equal(shown, text);
	else
		assert_null(shown);
}

static void a_question_is_shown_and_answered(void **state)
{
	const struct prompt_question other = { .text = "why? " };

	ask(*state, "who? ");
	expect_shown("who? ");
	assert_int_equal(prompt_ask(*state, &other, on_answer, NULL), -EBUSY);
	type(0, "a\n");
	expect_answer("a");
	assert_false(prompt_is_open(*state));
	expect_shown(NULL);
}

static void a_held_one_waits(void **state)
{
	prompt_hold(*state, true);
	ask(*state, "who? ");
	expect_shown(NULL);
	prompt_hold(*state, false);
	expect_shown("who? ");
}

static void what_is_shown_stays(void **state)
{
	ask(*state, "who? ");
	prompt_hold(*state, true);
	expect_shown("who? ");
	prompt_hold(*state, false);
	expect_shown("who? ");
}

static void a_held_one_may_be_withdrawn(void **state)
{
	prompt_hold(*state, true);
	ask(*state, "who? ");
	prompt_withdraw(*state);
	assert_false(prompt_is_open(*state));
	prompt_hold(*state, false);
	expect_shown(NULL);
}

static void one_may_be_touched(void **state)
{
	assert_false(prompt_is_touched(*state));
	ask(*state, "who? ");
	assert_false(prompt_is_touched(*state));
	type(1, "a");
	assert_true(prompt_is_touched(*state));
	type(1, "\b");
	assert_false(prompt_is_touched(*state));
	type(1, "b");
	prompt_withdraw(*state);
	assert_false(prompt_is_touched(*state));
}

static void no_question_no_prompt(void **state)
{
	prompt_hold(*state, true);
	prompt_hold(*state, false);
	expect_shown(NULL);
}

static void what_two_people_type_is_not_mixed(void **state)
{
	ask(*state, "who? ");
	type(0, "ha");
	type(1, "whole");
	type(0, "lf");
	type(1, "\n");
	expect_answer("whole");
	ask(*state, "who? ");
	type(0, "other\n");
	expect_answer("other");
}

static void without_a_console_nobody_is_asked(void **state)
{
	const struct prompt_question question = { .text = "who? " };

	has_console = false;
	assert_int_equal(prompt_ask(*state, &question, on_answer, NULL), -ENXIO);
	assert_false(prompt_is_open(*state));
	expect_shown(NULL);
	expect_no_message();
}

/* That consoles show it once they come is their affair. */
static void a_question_may_wait_for_one(void **state)
{
	has_console = false;
	awaited = "hvc0";
	ask(*state, "who? ");
	expect_shown("who? ");
	expect_message("there is no console yet, a question waits for hvc0");
	type(3, "me\n");
	expect_answer("me");
}

static void an_agent_answers(void **state)
{
	struct secret *answer = secret_new();

	ask(*state, "who? ");
	type(0, "ha");
	assert_int_equal(secret_append(answer, 'a'), 0);
	agents.callback(agents.userdata, answer);
	expect_answer("a");
	assert_false(prompt_is_open(*state));
	expect_shown(NULL);
}

static void agents_cannot_be_asked(void **state)
{
	agents_error = -EROFS;
	ask(*state, "who? ");
	expect_shown("who? ");
	type(0, "a\n");
	expect_answer("a");
}

struct echo_row {
	const char *name;
	enum crypt_echo echo;
	const char *keys, *shown;
};

static const struct echo_row echo_rows[] = {
	{ "nothing", CRYPT_ECHO_ON_TAB, "abc", "" },
	{ "stars once Tab is pressed", CRYPT_ECHO_ON_TAB, "abc\t", "***" },
	{ "and as more is typed", CRYPT_ECHO_ON_TAB, "ab\tc", "***" },
	{ "no stars when it is pressed again", CRYPT_ECHO_ON_TAB, "ab\tc\t", "" },
	{ "stars", CRYPT_ECHO_MASKED, "ab", "**" },
	{ "a star for a character", CRYPT_ECHO_MASKED, "\xc3\xa4\xe2\x82\xac", "**" },
	{ "fewer when some is erased", CRYPT_ECHO_MASKED, "\xc3\xa4\xe2\x82\xac\x7f", "*" },
	{ "none when all is", CRYPT_ECHO_MASKED, "abc\x15", "" },
	{ "none for a cursor key", CRYPT_ECHO_MASKED, "a\x1b[Ab", "**" },
	{ "stars hidden by Tab", CRYPT_ECHO_MASKED, "ab\t", "" },
	{ "never any", CRYPT_ECHO_NO, "a\tb", "" },
	{ "itself", CRYPT_ECHO_YES, "a\xc3\xa4", "a\xc3\xa4" },
	{ "hidden by Tab", CRYPT_ECHO_YES, "ab\t", "" },
};

static void shows_of_what_is_typed(void **state)
{
	const struct echo_row *row = *state;
	const struct prompt_question question = { .text = "who? ", .echo = row->echo };
	struct prompt *prompt;

	typed[0][0] = typed[1][0] = '\0';
	has_console = true;
	assert_int_equal(prompt_new(NULL, NULL, "/agents", &prompt), 0);
	assert_int_equal(prompt_ask(prompt, &question, on_answer, NULL), 0);
	type(1, row->keys);
	assert_string_equal(typed[1], row->shown);
	assert_int_equal(agents.is_echoed, row->echo == CRYPT_ECHO_YES);
	assert_int_equal(agents.is_silent,
			 row->echo == CRYPT_ECHO_ON_TAB || row->echo == CRYPT_ECHO_NO);
	assert_string_equal(typed[0], "");
	prompt_free(prompt);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, a_question_is_shown_and_answered);
	TEST(&list, a_held_one_waits);
	TEST(&list, what_is_shown_stays);
	TEST(&list, a_held_one_may_be_withdrawn);
	TEST(&list, one_may_be_touched);
	TEST(&list, no_question_no_prompt);
	TEST(&list, an_agent_answers);
	TEST(&list, agents_cannot_be_asked);
	TEST(&list, what_two_people_type_is_not_mixed);
	TEST(&list, without_a_console_nobody_is_asked);
	TEST(&list, a_question_may_wait_for_one);
	test_list_set_fixtures(&list, set_up, tear_down);
	TEST_ROWS(&list, shows_of_what_is_typed, echo_rows);
	return test_list_run(&list);
}
