/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which keymap and font are taken, and when workers are asked: the pool is ours. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "config/vconsole.h"
#include "init/pool.h"
#include "init/vt-setup.h"
#include "recent-log.h"
#include "support.h"

#define KEYMAPS "/etc/kindling/keymaps/"
#define FONTS   "/etc/kindling/fonts/"

/* A job that was submitted and not yet answered. */
struct pool_job {
	struct worker_message request;
	pool_reply_cb callback;
	void *userdata;
	bool is_out;
};

static struct pool_job keyboard, screen;
static unsigned int n_submitted, n_cancelled;
static int submit_error;
static const char *keymap; /* that was told of */
static unsigned int n_told;

int __wrap_pool_submit(struct pool *pool, const struct worker_message *request,
		       enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		       void *userdata, struct pool_job **ret_job);
void __wrap_pool_cancel(struct pool_job *job);

int __wrap_pool_submit(struct pool *pool, const struct worker_message *request,
		       enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		       void *userdata, struct pool_job **ret_job)
{
	struct pool_job *job = request->code == WORKER_SET_KEYBOARD ? &keyboard : &screen;

	if (submit_error)
		return submit_error;
	assert_false(job->is_out);
	*job = (struct pool_job){ *request, callback, userdata, true };
	*ret_job = job;
	n_submitted++;
	return 0;
}

void __wrap_pool_cancel(struct pool_job *job)
{
	assert_true(job->is_out);
	job->is_out = false;
	n_cancelled++;
}

static void answer(struct pool_job *job, int code, const char *text)
{
	struct worker_message reply;

	assert_true(job->is_out);
	job->is_out = false;
	worker_message_init(&reply, code, 0);
	worker_message_add(&reply, text);
	job->callback(job->userdata, &reply);
}

static void on_keyboard(void *userdata, const char *name)
{
	keymap = name;
	n_told++;
}

static const char *in_image(const char *path)
{
	return *path ? scratch_path(path + 1) : "";
}

static int set_up(void **state)
{
	remove_tree(scratch_path("etc"));
	keyboard.is_out = screen.is_out = false;
	n_submitted = n_cancelled = n_told = 0;
	submit_error = 0;
	keymap = NULL;
	recent_log_start();
	return 0;
}

static void pack_two(void)
{
	write_text(in_image(KEYMAPS "de.bmap"), "");
	write_text(in_image(KEYMAPS "us.bmap"), "");
	assert_int_equal(symlink("de.bmap", in_image(KEYMAPS "default")), 0);
	write_text(in_image(FONTS "small.psf"), "");
	write_text(in_image(FONTS "large.psf"), "");
	assert_int_equal(symlink("small.psf", in_image(FONTS "default")), 0);
}

static struct vt_setup *start(const struct vconsole *wanted, const char *terminals)
{
	struct vt_setup *setup;

	assert_int_equal(vt_setup_new(NULL, scratch_directory(), wanted, terminals, on_keyboard,
				      NULL, &setup),
			 0);
	vt_setup_start(setup);
	return setup;
}

static void expect_job(const struct pool_job *job, const char *path, bool is_unicode)
{
	if (!path) {
		assert_false(job->is_out);
		return;
	}
	assert_true(job->is_out);
	assert_string_equal(worker_message_get(&job->request, 0), in_image(path));
	assert_string_equal(worker_message_get(&job->request, 1), "tty0 tty1");
	assert_int_equal(job->request.number, is_unicode);
}

struct choice_row {
	const char *name;
	struct vconsole wanted;
	bool is_packed;
	const char *keymap, *font; /* paths, "" for the kernel's own, NULL for no job */
	bool is_plain;             /* without UTF-8 */
	const char *message;
};

#define WANTED(...)         \
	{                   \
		__VA_ARGS__ \
	}

static const struct choice_row choices[] = {
	{ "nothing", WANTED(0) },
	{ "nothing, UTF-8 asked for", WANTED(.unicode = VCONSOLE_UNICODE_YES), .keymap = "",
	  .font = "" },
	{ "nothing, UTF-8 declined", WANTED(.unicode = VCONSOLE_UNICODE_NO), .keymap = "",
	  .font = "", .is_plain = true },
	{ "nothing, a keymap asked for", WANTED(.keymap = (char *)"de"),
	  .message = "this image has no keymap de, going on with the kernel's own" },
	{ "the default", WANTED(0), true, KEYMAPS "de.bmap", FONTS "small.psf" },
	{ "others", WANTED(.keymap = (char *)"us", .font = (char *)"large"), true,
	  KEYMAPS "us.bmap", FONTS "large.psf" },
	{ "without UTF-8", WANTED(.unicode = VCONSOLE_UNICODE_NO), true, KEYMAPS "de.bmap",
	  FONTS "small.psf", .is_plain = true },
	{ "a keymap that is not there", WANTED(.keymap = (char *)"fr"), true, KEYMAPS "de.bmap",
	  FONTS "small.psf",
	  .message = "this image has no keymap fr, only de us, going on with de" },
	{ "a font that is not there", WANTED(.font = (char *)"fr"), true, KEYMAPS "de.bmap",
	  FONTS "small.psf",
	  .message = "this image has no font fr, only large small, going on with small" },
	{ "a path", WANTED(.keymap = (char *)"../keymaps/us"), true, KEYMAPS "de.bmap",
	  FONTS "small.psf", .message = "this image has no keymap ../keymaps/us" },
	{ "a second keymap", WANTED(.keymap_toggle = (char *)"us"), true, KEYMAPS "de.bmap",
	  FONTS "small.psf", .message = "keymap_toggle=us" },
	{ "a map", WANTED(.font_map = (char *)"8859-1"), true, KEYMAPS "de.bmap", FONTS "small.psf",
	  .message = "font_map=8859-1" },
	{ "a table", WANTED(.font_unimap = (char *)"u"), true, KEYMAPS "de.bmap", FONTS "small.psf",
	  .message = "font_unimap=u" },
};

static void chooses(void **state)
{
	const struct choice_row *row = *state;
	struct vt_setup *setup;

	if (row->is_packed)
		pack_two();
	setup = start(&row->wanted, "tty0 tty1");
	expect_job(&keyboard, row->keymap, !row->is_plain);
	expect_job(&screen, row->font, !row->is_plain);
	assert_int_equal(n_told, row->keymap ? 0 : 1);
	if (row->message)
		expect_message(row->message);
	else
		expect_no_message();
	vt_setup_free(setup);
}

static void without_terminals_there_is_nothing_to_do(void **state)
{
	struct vt_setup *setup;

	pack_two();
	setup = start(&(struct vconsole){ 0 }, "");
	assert_int_equal(n_submitted, 0);
	assert_int_equal(n_told, 1);
	assert_null(keymap);
	vt_setup_screen_again(setup);
	assert_int_equal(n_submitted, 0);
	vt_setup_free(setup);
}

static void the_keymap_is_told_once_it_is_set(void **state)
{
	struct vt_setup *setup;

	pack_two();
	setup = start(&(struct vconsole){ 0 }, "tty0");
	assert_int_equal(n_told, 0);
	answer(&keyboard, 0, "");
	assert_int_equal(n_told, 1);
	assert_string_equal(keymap, "de");
	vt_setup_free(setup);
	assert_int_equal(n_cancelled, 1);
}

static void a_keymap_that_cannot_be_set_is_not_told(void **state)
{
	struct vt_setup *setup;

	pack_two();
	setup = start(&(struct vconsole){ 0 }, "tty0");
	answer(&keyboard, -EBADMSG, "cannot read it");
	assert_int_equal(n_told, 1);
	assert_null(keymap);
	expect_message("keymap de: cannot read it, going on with the kernel's own");
	vt_setup_free(setup);
}

static void without_workers_the_question_does_not_wait(void **state)
{
	struct vt_setup *setup;

	write_text(in_image(KEYMAPS "de.bmap"), "");
	assert_int_equal(symlink("de.bmap", in_image(KEYMAPS "default")), 0);
	submit_error = -EIO;
	setup = start(&(struct vconsole){ 0 }, "tty0");
	assert_int_equal(n_told, 1);
	assert_null(keymap);
	expect_message("keymap de: no worker can set it");
	vt_setup_free(setup);
}

static void a_link_that_leads_elsewhere_is_no_default(void **state)
{
	struct vt_setup *setup;

	write_text(in_image(KEYMAPS "de.bmap"), "");
	assert_int_equal(symlink("../keymaps/de.bmap", in_image(KEYMAPS "default")), 0);
	setup = start(&(struct vconsole){ 0 }, "tty0");
	assert_int_equal(n_submitted, 0);
	vt_setup_free(setup);
}

static void a_driver_that_takes_over_gets_the_font(void **state)
{
	struct vt_setup *setup;

	pack_two();
	setup = start(&(struct vconsole){ 0 }, "tty0 tty1");
	answer(&screen, -EINVAL, "the screen does not take it");
	expect_message("the screen does not take the font small");
	vt_setup_screen_again(setup);
	expect_job(&screen, FONTS "small.psf", true);
	answer(&screen, 0, "");
	assert_int_equal(n_submitted, 3);
	vt_setup_free(setup);
}

/* The job that is out may have come too early. */
static void also_one_that_comes_meanwhile(void **state)
{
	struct vt_setup *setup;

	pack_two();
	setup = start(&(struct vconsole){ 0 }, "tty0 tty1");
	vt_setup_screen_again(setup);
	vt_setup_screen_again(setup);
	assert_int_equal(n_submitted, 2);
	answer(&screen, -ENOSYS, "the screen does not take it");
	expect_job(&screen, FONTS "small.psf", true);
	answer(&screen, 0, "");
	assert_false(screen.is_out);
	assert_int_equal(n_submitted, 3);
	expect_no_message();
	vt_setup_free(setup);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, chooses, choices);
	TEST(&list, without_terminals_there_is_nothing_to_do);
	TEST(&list, the_keymap_is_told_once_it_is_set);
	TEST(&list, a_keymap_that_cannot_be_set_is_not_told);
	TEST(&list, without_workers_the_question_does_not_wait);
	TEST(&list, a_link_that_leads_elsewhere_is_no_default);
	TEST(&list, a_driver_that_takes_over_gets_the_font);
	TEST(&list, also_one_that_comes_meanwhile);
	test_list_set_fixtures(&list, set_up, NULL);
	return test_list_run(&list);
}
