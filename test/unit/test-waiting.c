/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long boot waits, as who is waited for says that it is working; with timers of the test's. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "fake-timers.h"
#include "init/blockdev.h"
#include "init/console.h"
#include "init/prompt.h"
#include "init/resume-goal.h"
#include "init/root-goal.h"
#include "init/root.h"
#include "init/shell.h"
#include "init/submounts.h"
#include "init/unlock.h"
#include "init/waiting.h"
#include "recent-log.h"
#include "support.h"

#define TIMEOUT_USEC       (100 * USEC_PER_SEC)
#define AFTER_FAILURE_USEC (30 * USEC_PER_SEC)
#define HOUR_USEC          (3600 * USEC_PER_SEC)

/* What those who are waited for say of themselves. */
struct scene {
	bool is_prompting, is_in_shell, is_reading, is_unlocking, is_resuming;
	bool is_root_checked, is_submount_checked, is_mounting_below;
	bool has_volume_failed, is_root_in_doubt, is_root_unknown, is_submount_in_doubt;
	enum root_state root;
	const char *console;                 /* that a question waits for */
	const char *resume, *volume, *below; /* what is awaited of them; NULL: nothing */
};

static struct scene scene;
static struct waiting *waiting;
static bool is_over;
static bool runs_for_volumes, runs_for_submounts; /* the time of their devices */
static struct strbuf said;

/* The linker puts these in the place of the real ones; see meson.build. */
bool __wrap_blockdevs_have_news(const struct blockdevs *devices);
const char *__wrap_consoles_get_awaited(const struct consoles *consoles);
void __wrap_consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);
bool __wrap_prompt_is_open(const struct prompt *prompt);
void __wrap_resume_goal_describe_awaited(const struct resume_goal *goal, struct strbuf *buf);
bool __wrap_resume_goal_is_busy(const struct resume_goal *goal);
bool __wrap_resume_goal_is_settled(const struct resume_goal *goal);
void __wrap_root_describe(const struct root *root, struct strbuf *buf);
enum root_state __wrap_root_get_state(const struct root *root);
void __wrap_root_goal_describe(const struct root_goal *goal, struct strbuf *buf);
bool __wrap_root_goal_exists(const struct root_goal *goal);
bool __wrap_root_goal_is_in_doubt(const struct root_goal *goal);
bool __wrap_root_is_being_checked(const struct root *root);
bool __wrap_shell_is_open(const struct shell *shell);
bool __wrap_submounts_are_being_checked(const struct submounts *submounts);
bool __wrap_submounts_are_in_doubt(const struct submounts *submounts);
bool __wrap_submounts_are_progressing(const struct submounts *submounts);
void __wrap_submounts_let_time_run(struct submounts *submounts, bool is_running);
void __wrap_unlock_let_time_run(struct unlock *unlock, bool is_running);
void __wrap_submounts_describe(const struct submounts *submounts, struct strbuf *buf);
void __wrap_unlock_describe_awaited(const struct unlock *unlock, struct strbuf *buf);
bool __wrap_unlock_has_failed(const struct unlock *unlock, const char *name);
bool __wrap_unlock_is_busy(const struct unlock *unlock);

bool __wrap_blockdevs_have_news(const struct blockdevs *devices)
{
	return scene.is_reading;
}

const char *__wrap_consoles_get_awaited(const struct consoles *consoles)
{
	return scene.console;
}

void __wrap_consoles_say(struct consoles *consoles, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strbuf_printf(&said, "%s\n", text);
}

bool __wrap_prompt_is_open(const struct prompt *prompt)
{
	return scene.is_prompting;
}

static void append(struct strbuf *buf, const char *text)
{
	if (text)
		strbuf_printf(buf, "%s%s", buf->size > 0 ? ", " : "", text);
}

void __wrap_resume_goal_describe_awaited(const struct resume_goal *goal, struct strbuf *buf)
{
	append(buf, scene.resume);
}

bool __wrap_resume_goal_is_busy(const struct resume_goal *goal)
{
	return scene.is_resuming;
}

bool __wrap_resume_goal_is_settled(const struct resume_goal *goal)
{
	return !scene.resume;
}

void __wrap_root_describe(const struct root *root, struct strbuf *buf)
{
	if (scene.root == ROOT_MOUNTING)
		append(buf, "the root to be mounted");
}

enum root_state __wrap_root_get_state(const struct root *root)
{
	return scene.root;
}

void __wrap_root_goal_describe(const struct root_goal *goal, struct strbuf *buf)
{
	strbuf_append(buf, "the root");
}

bool __wrap_root_goal_exists(const struct root_goal *goal)
{
	return !scene.is_root_unknown;
}

bool __wrap_root_goal_is_in_doubt(const struct root_goal *goal)
{
	return scene.is_root_in_doubt;
}

bool __wrap_root_is_being_checked(const struct root *root)
{
	return scene.is_root_checked;
}

bool __wrap_shell_is_open(const struct shell *shell)
{
	return scene.is_in_shell;
}

bool __wrap_submounts_are_being_checked(const struct submounts *submounts)
{
	return scene.is_submount_checked;
}

bool __wrap_submounts_are_in_doubt(const struct submounts *submounts)
{
	return scene.is_submount_in_doubt;
}

bool __wrap_submounts_are_progressing(const struct submounts *submounts)
{
	return scene.is_mounting_below;
}

void __wrap_submounts_let_time_run(struct submounts *submounts, bool is_running)
{
	runs_for_submounts = is_running;
}

void __wrap_unlock_let_time_run(struct unlock *unlock, bool is_running)
{
	runs_for_volumes = is_running;
}

void __wrap_submounts_describe(const struct submounts *submounts, struct strbuf *buf)
{
	append(buf, scene.below);
}

void __wrap_unlock_describe_awaited(const struct unlock *unlock, struct strbuf *buf)
{
	append(buf, scene.volume);
}

bool __wrap_unlock_has_failed(const struct unlock *unlock, const char *name)
{
	return scene.has_volume_failed;
}

bool __wrap_unlock_is_busy(const struct unlock *unlock)
{
	return scene.is_unlocking;
}

static void on_over(void *userdata)
{
	is_over = true;
}

static void make(uint64_t patience_usec)
{
	const struct waiting_parts parts = { 0 };

	assert_int_equal(waiting_new(&parts, patience_usec, on_over, NULL, &waiting), 0);
	waiting_begin(waiting);
	waiting_step(waiting);
}

static int set_up(void **state)
{
	scene = (struct scene){ 0 };
	fake_timers_begin();
	is_over = false;
	clock_set_source(fake_timers_now_usec);
	recent_log_start();
	return 0;
}

static int tear_down(void **state)
{
	waiting = waiting_free(waiting);
	fake_timers_end();
	strbuf_done(&said);
	clock_set_source(NULL);
	return 0;
}

/* Lets the time pass, with a turn of the loop whenever something is due; or until it is over. */
static void pass(uint64_t usec)
{
	uint64_t end_usec = fake_timers_now_usec() + usec;

	waiting_step(waiting);
	while (!is_over && fake_timers_next_usec() <= end_usec) {
		fake_timers_fire();
		waiting_step(waiting);
	}
	if (!is_over)
		fake_timers_advance_to(end_usec);
}

struct row {
	const char *name;
	struct scene scene;
	uint64_t over_after_usec; /* if it stays so; USEC_INFINITY: never */
};

static const struct row rows[] = {
	{ "nothing is done", { 0 }, TIMEOUT_USEC },
	{ "the driver of the root", { .root = ROOT_PREPARING }, TIMEOUT_USEC },
	{ "the root is mounted", { .root = ROOT_MOUNTED }, TIMEOUT_USEC },
	{ "a question", { .is_prompting = true }, USEC_INFINITY },
	{ "a question that nobody can see",
	  { .is_prompting = true, .console = "hvc0" },
	  TIMEOUT_USEC },
	{ "a console that nobody needs", { .console = "hvc0" }, TIMEOUT_USEC },
	{ "a shell", { .is_in_shell = true }, USEC_INFINITY },
	{ "a check of the root",
	  { .root = ROOT_MOUNTING, .is_root_checked = true },
	  USEC_INFINITY },
	{ "a check below it",
	  { .root = ROOT_MOUNTED, .is_submount_checked = true, .is_mounting_below = true },
	  USEC_INFINITY },
	{ "a device is read", { .is_reading = true }, HOUR_USEC + TIMEOUT_USEC },
	{ "a passphrase is tried", { .is_unlocking = true }, HOUR_USEC + TIMEOUT_USEC },
	{ "an image is read", { .is_resuming = true }, HOUR_USEC + TIMEOUT_USEC },
	{ "a mount", { .root = ROOT_MOUNTING }, HOUR_USEC + TIMEOUT_USEC },
	{ "the init is looked for", { .root = ROOT_SEARCHED }, HOUR_USEC + TIMEOUT_USEC },
	{ "a mount below",
	  { .root = ROOT_MOUNTED, .is_mounting_below = true },
	  HOUR_USEC + TIMEOUT_USEC },
	{ "a volume stays closed", { .has_volume_failed = true }, AFTER_FAILURE_USEC },
	{ "there are two roots", { .is_root_in_doubt = true }, AFTER_FAILURE_USEC },
	{ "there are two of /usr",
	  { .root = ROOT_MOUNTED, .is_submount_in_doubt = true },
	  AFTER_FAILURE_USEC },
};

static void lasts(void **state)
{
	const struct row *row = *state;

	scene = row->scene;
	make(TIMEOUT_USEC);
	assert_int_equal(runs_for_volumes, row->over_after_usec <= TIMEOUT_USEC);
	assert_int_equal(runs_for_submounts, row->over_after_usec <= TIMEOUT_USEC);
	pass(100 * HOUR_USEC);
	assert_int_equal(is_over, row->over_after_usec != USEC_INFINITY);
	if (is_over)
		assert_int_equal(fake_timers_now_usec(), row->over_after_usec);
}

/* However often it begins anew. */
static void all_work_together_is_bounded(void **state)
{
	make(TIMEOUT_USEC);
	for (unsigned int i = 0; i < 59; i++) {
		scene.is_reading = true;
		pass(60 * USEC_PER_SEC);
		scene.is_reading = false;
		pass(USEC_PER_SEC);
	}
	assert_false(is_over);
	expect_no_message();
	scene.is_unlocking = true;
	assert_true(waiting_has_progress(waiting));
	pass(61 * USEC_PER_SEC);
	assert_false(waiting_has_progress(waiting));
	expect_message("an hour was spent on devices");
	pass(TIMEOUT_USEC);
	assert_true(is_over);
	assert_int_equal(fake_timers_now_usec(), HOUR_USEC + TIMEOUT_USEC);
}

/* Who asks meanwhile takes nothing away from what is worked on. */
static void questions_are_not_work(void **state)
{
	scene.is_prompting = scene.is_reading = true;
	make(TIMEOUT_USEC);
	pass(2 * HOUR_USEC);
	scene.is_prompting = false;
	pass(HOUR_USEC);
	assert_false(is_over);
	expect_message("an hour was spent on devices");
}

static void may_be_without_end(void **state)
{
	make(USEC_INFINITY);
	pass(100 * HOUR_USEC);
	assert_false(is_over);
}

static void begins_anew(void **state)
{
	make(TIMEOUT_USEC);
	pass(TIMEOUT_USEC - 1);
	waiting_renew(waiting, 2 * TIMEOUT_USEC);
	pass(2 * TIMEOUT_USEC - 1);
	assert_false(is_over);
	waiting_renew_after_failure(waiting, TIMEOUT_USEC);
	pass(AFTER_FAILURE_USEC - 1);
	assert_false(is_over);
	pass(1);
	assert_true(is_over);
}

static void ends(void **state)
{
	make(TIMEOUT_USEC);
	waiting_end(waiting);
	assert_true(fake_timers_next_usec() == USEC_INFINITY);
	assert_false(runs_for_volumes || runs_for_submounts);
}

/* While somebody is asked nobody waits for us, and what comes after that is told from its start. */
static void tells_what_is_awaited(void **state)
{
	make(TIMEOUT_USEC);
	pass(20 * USEC_PER_SEC);
	scene.is_prompting = true;
	pass(60 * USEC_PER_SEC);
	scene.is_prompting = false;
	pass(5 * USEC_PER_SEC);
	assert_string_equal(strbuf_string(&said), "waiting for the root (5 s)\n"
						  "waiting for the root (15 s)\n"
						  "waiting for the root (5 s)\n");
}

struct text_row {
	const char *text;
	struct scene scene;
};

static const struct text_row text_rows[] = {
	{ "the root", { 0 } },
	{ "drivers to load", { .is_root_unknown = true } },
	{ "the root, a volume", { .volume = "a volume" } },
	{ "the console hvc0, to ask for a passphrase there",
	  { .is_prompting = true, .console = "hvc0", .volume = "a volume" } },
	{ "the root, a volume", { .console = "hvc0", .volume = "a volume" } },
	{ "a volume", { .is_unlocking = true, .volume = "a volume" } },
	{ "an image, the root", { .resume = "an image" } },
	{ "an image", { .resume = "an image", .root = ROOT_PREPARING } },
	{ "the root to be mounted", { .root = ROOT_MOUNTING } },
	{ "/usr, a volume", { .root = ROOT_MOUNTED, .below = "/usr", .volume = "a volume" } },
	{ "the modules that are asked for by name", { .root = ROOT_READY } },
};

static void describes(void **state)
{
	const struct text_row *row = *state;
	_cleanup_strbuf_ struct strbuf text = { 0 };

	scene = row->scene;
	make(TIMEOUT_USEC);
	waiting_describe_end(waiting, &text);
	assert_string_equal(str_after_prefix(strbuf_string(&text), "waited 0 s for "), row->text);
}

/* The time that passed, whatever the deadline was at first. */
static void end_is_told_with_the_time_that_passed(void **state)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	make(USEC_INFINITY);
	pass(20 * USEC_PER_SEC);
	waiting_renew_after_failure(waiting, USEC_INFINITY);
	pass(HOUR_USEC);
	assert_true(is_over);
	waiting_describe_end(waiting, &text);
	assert_string_equal(strbuf_string(&text), "waited 50 s for the root");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, lasts, rows);
	TEST(&list, all_work_together_is_bounded);
	TEST(&list, questions_are_not_work);
	TEST(&list, may_be_without_end);
	TEST(&list, begins_anew);
	TEST(&list, ends);
	TEST(&list, tells_what_is_awaited);
	TEST_ROWS(&list, describes, text_rows);
	TEST(&list, end_is_told_with_the_time_that_passed);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
