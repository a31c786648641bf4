/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way to a hibernated system, with a pool that answers when a test says so. What resuming does
 * to the outside is written down as text, a line an action; so are the sentences that users see.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/cleanup.h"
#include "base/strbuf.h"
#include "config/cmdline.h"
#include "config/hibernate-location.h"
#include "init/console.h"
#include "init/goal-context.h"
#include "init/patience.h"
#include "init/pool.h"
#include "init/resume.h"
#include "support.h"

#define UUID     "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
#define LOCATION "{\"uuid\":\"" UUID "\",\"offset\":34816}"

struct pool_job {
	int op;
	pool_reply_cb callback;
	void *userdata;
};

static struct pool_job *job; /* the last one that was submitted and is not over */
static int submit_error;     /* of the next submission */
static bool pool_busy;
static loop_timer_cb on_over; /* the patience's */
static void *on_over_userdata;
static bool patience_runs;
static uint64_t patience_left_usec; /* what it was limited to last */
static struct strbuf actions;
static struct boot_config config;
static char sysfs[PATH_MAX];
static const struct goal_context context = { .sysfs = sysfs, .config = &config };
static struct resume *resume;

/* The linker puts these in the place of those of the same name; see meson.build. */
int __wrap_pool_submit(struct pool *pool, const struct worker_message *request,
		       enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		       void *userdata, struct pool_job **ret_job);
void __wrap_pool_cancel(struct pool_job *cancelled);
void __wrap_pool_set_held(struct pool *pool, bool held);
bool __wrap_pool_is_busy(const struct pool *pool);
int __wrap_patience_new(struct loop *loop, uint64_t patience_usec, loop_timer_cb callback,
			void *userdata, struct patience **ret_patience);
struct patience *__wrap_patience_free(struct patience *patience);
void __wrap_patience_set_running(struct patience *patience, bool running);
void __wrap_patience_limit(struct patience *patience, uint64_t left_usec);
void __wrap_consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);

static void note(const char *format, ...) _printf_(1, 2);

static void note(const char *format, ...)
{
	char line[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	strbuf_printf(&actions, "%s\n", line);
}

/* Exactly that was done since the last call. */
static void assert_actions(const char *expected)
{
	assert_string_equal(strbuf_string(&actions), expected);
	strbuf_done(&actions);
}

static void note_request(const struct worker_message *request)
{
	const char *subject = worker_message_get(request, 0);
	unsigned int number = (unsigned int)request->number;

	if (request->code == WORKER_FIND_IMAGE) {
		note("find %s %u", subject, number);
	} else if (request->code == WORKER_RESUME) {
		note("resume %s %s %u", subject, worker_message_get(request, 1), number);
	} else {
		bool is_read = request->code == WORKER_READ_EFI_VARIABLE;

		assert_true(is_read || request->code == WORKER_REMOVE_EFI_VARIABLE);
		assert_string_equal(subject, HIBERNATE_LOCATION_VARIABLE);
		note("%s variable", is_read ? "read" : "remove");
	}
}

int __wrap_pool_submit(struct pool *pool, const struct worker_message *request,
		       enum pool_priority priority, uint64_t timeout_usec, pool_reply_cb callback,
		       void *userdata, struct pool_job **ret_job)
{
	assert_int_equal(priority, POOL_PRIORITY_DEVICE);
	/* What the kernel does with an image must never be cut off; all else has its end. */
	assert_int_equal(timeout_usec == USEC_INFINITY, request->code == WORKER_RESUME);
	if (submit_error < 0)
		return submit_error;
	note_request(request);
	if (!ret_job) {
		struct worker_message reply;

		worker_message_init(&reply, -ENOENT, 0);
		callback(userdata, &reply);
		return 0;
	}
	assert_null(job);
	job = calloc(1, sizeof(*job));
	assert_non_null(job);
	*job = (struct pool_job){ request->code, callback, userdata };
	*ret_job = job;
	return 0;
}

void __wrap_pool_cancel(struct pool_job *cancelled)
{
	assert_ptr_equal(cancelled, job);
	note("cancel");
	free(TAKE_PTR(job));
}

void __wrap_pool_set_held(struct pool *pool, bool held)
{
	note(held ? "hold" : "release");
}

bool __wrap_pool_is_busy(const struct pool *pool)
{
	return pool_busy;
}

int __wrap_patience_new(struct loop *loop, uint64_t patience_usec, loop_timer_cb callback,
			void *userdata, struct patience **ret_patience)
{
	note("patience of %u s", (unsigned int)(patience_usec / USEC_PER_SEC));
	on_over = callback;
	on_over_userdata = userdata;
	*ret_patience = (struct patience *)&on_over;
	return 0;
}

struct patience *__wrap_patience_free(struct patience *patience)
{
	return NULL;
}

void __wrap_patience_set_running(struct patience *patience, bool running)
{
	patience_runs = running;
}

void __wrap_patience_limit(struct patience *patience, uint64_t left_usec)
{
	patience_left_usec = left_usec;
}

void __wrap_consoles_say(struct consoles *consoles, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	note("say: %s", text);
}

/* With that command line, on a machine with or without EFI. */
static void start(const char *cmdline, bool has_efi)
{
	remove_tree(scratch_path("sys"));
	if (has_efi)
		write_text(scratch_path("sys/firmware/efi/runtime"), "");
	assert_int_equal(cmdline_parse(cmdline, &config), 0);
	(void)snprintf(sysfs, sizeof(sysfs), "%s", scratch_path("sys"));
	assert_int_equal(resume_new(&context, &resume), 0);
}

/* The pool's answer to what is under way. */
static void answer(int code, uint64_t number, const char *string)
{
	struct pool_job gone = *job;
	struct worker_message reply;

	worker_message_init(&reply, code, number);
	if (string)
		assert_int_equal(worker_message_add(&reply, string), 0);
	free(TAKE_PTR(job));
	gone.callback(gone.userdata, &reply);
}

static void assert_state(enum resume_state state)
{
	assert_int_equal(resume_get_state(resume), state);
}

static int set_up(void **state)
{
	pool_busy = false;
	submit_error = 0;
	return 0;
}

static int tear_down(void **state)
{
	resume = resume_free(resume);
	boot_config_done(&config);
	assert_null(job);
	strbuf_done(&actions);
	return 0;
}

/* --- nothing to resume --- */

static const struct {
	const char *name, *cmdline;
	bool has_efi;
} without_rows[] = {
	{ "no resume=, no EFI", "root=/dev/vda", false },
	{ "an offset alone", "resume_offset=5", false },
	{ "noresume", "resume=/dev/vdb noresume", false },
	{ "noresume before it", "noresume resume=/dev/vdb", true },
	{ "hibernate=noresume", "resume=/dev/vdb hibernate=noresume", true },
};

static void has_nothing_to_resume(void **state)
{
	const typeof(without_rows[0]) *row = *state;

	start(row->cmdline, row->has_efi);
	assert_state(RESUME_SETTLED);
	assert_int_equal(resume_get_device(resume)->kind, DEVICE_SPEC_NONE);
	resume_step(resume, false);
	assert_actions("patience of 30 s\n");
}

static void test_no_image(void **state)
{
	start("resume=/dev/vdb", true);
	assert_state(RESUME_AWAITED);
	assert_string_equal(resume_get_device(resume)->value, "vdb");
	assert_string_equal(resume_get_types(resume), "swap,swsuspend");
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	assert_state(RESUME_CHECKING);
	answer(0, 0, NULL);
	assert_state(RESUME_SETTLED);
	assert_actions("patience of 30 s\nfind /dev/vdb 0\nrelease\n");
}

static void test_unreadable(void **state)
{
	start("resume=/dev/vdb", false);
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	answer(-EIO, 0, NULL);
	assert_state(RESUME_SETTLED);
	assert_actions("patience of 30 s\nfind /dev/vdb 0\n"
		       "say: cannot look for a hibernated system on /dev/vdb: Input/output error, "
		       "booting without resuming\nrelease\n");
}

static void test_no_worker(void **state)
{
	start("resume=/dev/vdb", false);
	submit_error = -EIO;
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	assert_state(RESUME_SETTLED);
	assert_actions("patience of 30 s\n"
		       "say: cannot look for a hibernated system on /dev/vdb: Input/output error, "
		       "booting without resuming\nrelease\n");
}

/* --- an image --- */

static void find_image(void)
{
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	answer(0, 1, NULL);
	assert_state(RESUME_FOUND);
}

static void test_image(void **state)
{
	start("resume=/dev/vdb resume_offset=7 rootfstype=ext4", false);
	assert_string_equal(resume_get_types(resume), "ext4");
	find_image();
	assert_actions("patience of 30 s\nfind /dev/vdb 7\nhold\n");
	resume_step(resume, true);
	assert_state(RESUME_READING);
	assert_actions("say: resuming the system that was hibernated to /dev/vdb\n"
		       "resume /dev/vdb 253:16 7\n");
	assert_false(patience_runs);
	/* Whatever happens now, it is not begun anew. */
	resume_step(resume, false);
	resume_device_appeared(resume, "/dev/vdc", makedev(253, 32));
	resume_device_withdrawn(resume);
	assert_state(RESUME_READING);
	assert_actions("");
}

static void test_image_that_cannot_be_resumed(void **state)
{
	start("resume=/dev/vdb", false);
	find_image();
	resume_step(resume, false);
	strbuf_done(&actions);
	answer(-EIO, 0, "Image mismatch: memory size");
	assert_state(RESUME_SETTLED);
	assert_actions("say: the system that was hibernated to /dev/vdb cannot be resumed: Image "
		       "mismatch: memory size; booting afresh\nrelease\n");
}

static void test_reading_cannot_begin(void **state)
{
	start("resume=/dev/vdb", false);
	find_image();
	strbuf_done(&actions);
	submit_error = -ENOMEM;
	resume_step(resume, false);
	assert_state(RESUME_SETTLED);
	assert_actions("say: resuming the system that was hibernated to /dev/vdb\n"
		       "say: that cannot be begun: Cannot allocate memory; booting afresh\n"
		       "release\n");
}

/* Who is busy cannot be frozen; but it may be for ever. */
static void test_workers_are_waited_for(void **state)
{
	start("resume=/dev/vdb", false);
	find_image();
	pool_busy = true;
	resume_step(resume, true);
	assert_state(RESUME_FOUND);
	assert_true(patience_runs);
	on_over(on_over_userdata);
	assert_state(RESUME_FOUND);
	resume_step(resume, true);
	assert_state(RESUME_READING);
}

/* --- the device --- */

static void test_patience(void **state)
{
	start("resume=/dev/vdb", false);
	resume_step(resume, true);
	assert_false(patience_runs);
	resume_step(resume, false);
	assert_true(patience_runs);
	on_over(on_over_userdata);
	assert_state(RESUME_SETTLED);
	assert_false(patience_runs);
	assert_actions("patience of 30 s\n"
		       "say: the device /dev/vdb to resume from did not appear in time, booting "
		       "without resuming; noresume on the command line saves the wait\nrelease\n");
	/* The root may be mounted by now. */
	resume_device_late(resume, "/dev/vdb");
	assert_state(RESUME_SETTLED);
	assert_actions("say: the device /dev/vdb to resume from came too late; if a system was "
		       "hibernated to /dev/vdb, it must not be resumed any more\n");
	resume_device_late(resume, "/dev/vdb");
	assert_actions("");
}

static const struct {
	const char *name, *cmdline, *expected;
} patience_rows[] = {
	{ "as long as for the root", "resume=/dev/vdb rd.timeout=60", "patience of 30 s\n" },
	{ "longer than for the root", "resume=/dev/vdb rd.timeout=20", "patience of 10 s\n" },
	{ "for ever for the root", "resume=/dev/vdb rootwait", "patience of 30 s\n" },
};

static void is_patient(void **state)
{
	const typeof(patience_rows[0]) *row = *state;

	start(row->cmdline, false);
	assert_actions(row->expected);
}

static void test_given_up(void **state)
{
	start("resume=/dev/mapper/swap", false);
	resume_give_up(resume, "its volume was not opened");
	assert_state(RESUME_SETTLED);
	assert_actions("patience of 30 s\n"
		       "say: the device /dev/mapper/swap to resume from cannot appear: its volume "
		       "was not opened; booting without resuming\nrelease\n");
}

static void test_gone_while_checked(void **state)
{
	start("resume=/dev/vdb", false);
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	resume_device_withdrawn(resume);
	assert_state(RESUME_AWAITED);
	assert_actions("patience of 30 s\nfind /dev/vdb 0\ncancel\nrelease\n");
	resume_device_withdrawn(resume);
	assert_actions("");
	resume_device_appeared(resume, "/dev/vdc", makedev(253, 32));
	answer(0, 0, NULL);
	assert_state(RESUME_SETTLED);
	assert_actions("find /dev/vdc 0\nrelease\n");
}

static void test_gone_once_found(void **state)
{
	start("resume=/dev/vdb", false);
	find_image();
	resume_device_withdrawn(resume);
	assert_state(RESUME_AWAITED);
	resume_step(resume, false);
	assert_actions("patience of 30 s\nfind /dev/vdb 0\nhold\nrelease\n");
}

/* --- devices of one name --- */

static const struct {
	const char *name;
	bool is_checked; /* the first one, before the second one comes */
	const char *expected;
} twice_rows[] = {
	{ "both at once", false, "cancel\nrelease\n" },
	{ "one with an image", true, "release\n" },
};

static void begin_with_one(bool is_checked)
{
	start("resume=LABEL=swap", false);
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	if (is_checked)
		answer(0, 1, NULL);
	/* Its content was read once more. */
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	strbuf_done(&actions);
}

static void takes_neither_of_two(void **state)
{
	const typeof(twice_rows[0]) *row = *state;

	begin_with_one(row->is_checked);
	resume_devices_doubted(resume, "/dev/vdb, /dev/vdc");
	assert_state(RESUME_AWAITED);
	assert_actions(row->expected);
	assert_int_equal(patience_left_usec, 5 * USEC_PER_SEC);
	resume_step(resume, false);
	assert_true(patience_runs);
	on_over(on_over_userdata);
	assert_state(RESUME_SETTLED);
	assert_actions("say: several devices are the device LABEL=swap to resume from: /dev/vdb, "
		       "/dev/vdc; booting without resuming from any of them\nrelease\n");
	resume_device_late(resume, "/dev/vdc");
	assert_actions("");
}

/* What is built on one or on both is looked at in their place. */
static void takes_what_is_built_on_it(void **state)
{
	const typeof(twice_rows[0]) *row = *state;
	_cleanup_strbuf_ struct strbuf expected = { 0 };

	begin_with_one(row->is_checked);
	resume_device_appeared(resume, "/dev/mapper/swap", makedev(253, 0));
	assert_state(RESUME_CHECKING);
	answer(0, 1, NULL);
	resume_step(resume, false);
	assert_state(RESUME_READING);
	strbuf_printf(&expected,
		      "%sfind /dev/mapper/swap 0\nhold\n"
		      "say: resuming the system that was hibernated to /dev/mapper/swap\n"
		      "resume /dev/mapper/swap 253:0 0\n",
		      row->expected);
	assert_actions(strbuf_string(&expected));
}

static void test_doubt_is_over(void **state)
{
	start("resume=LABEL=swap", false);
	resume_devices_doubted(resume, "/dev/vdb, /dev/vdc");
	resume_device_appeared(resume, "/dev/vdc", makedev(253, 32));
	answer(0, 0, NULL);
	assert_state(RESUME_SETTLED);
	assert_actions("patience of 30 s\nfind /dev/vdc 0\nrelease\n");
	resume_device_late(resume, "/dev/vdc");
	resume_device_late(resume, "/dev/vdb");
	assert_actions("");
}

/* --- the firmware --- */

static void test_firmware(void **state)
{
	start("root=/dev/vda", true);
	assert_state(RESUME_LOCATING);
	resume_step(resume, false);
	answer(0, 0, LOCATION);
	assert_state(RESUME_AWAITED);
	assert_int_equal(resume_get_device(resume)->kind, DEVICE_SPEC_UUID);
	assert_string_equal(resume_get_device(resume)->value, UUID);
	assert_null(resume_get_types(resume));
	resume_step(resume, false);
	resume_step(resume, false);
	assert_actions("patience of 30 s\nread variable\n");
	find_image();
	/* That is true once: whatever comes of it, the next boot must not see it. */
	assert_actions("find /dev/vdb 34816\nhold\nremove variable\n");
	resume_step(resume, false);
	answer(-EIO, 0, "no");
	assert_state(RESUME_SETTLED);
	assert_null(strstr(strbuf_string(&actions), "remove"));
}

/* Until it is known what came of it, it stays: the machine may be turned off at the prompt. */
static void test_firmware_remembers_for_a_while(void **state)
{
	start("", true);
	answer(0, 0, LOCATION);
	resume_step(resume, false);
	assert_actions("patience of 30 s\nread variable\n");
	on_over(on_over_userdata);
	assert_actions("say: the device " UUID " to resume from did not appear in time, booting "
		       "without resuming; noresume on the command line saves the wait\n"
		       "remove variable\nrelease\n");
}

static const struct {
	const char *name;
	int code;
	const char *text;
} ignorant_rows[] = {
	{ "no such variable", -ENOENT, NULL },
	{ "no efivarfs", -ENODEV, NULL },
	{ "firmware that is not to be called", -EOPNOTSUPP, NULL },
	{ "unreadable", -EIO, NULL },
	{ "too slow", -ETIMEDOUT, "no answer" },
	{ "nonsense", 0, "{\"uuid\":" },
};

static void is_not_told_by_the_firmware(void **state)
{
	const typeof(ignorant_rows[0]) *row = *state;

	start("", true);
	answer(row->code, 0, row->text);
	assert_state(RESUME_SETTLED);
	assert_int_equal(resume_get_device(resume)->kind, DEVICE_SPEC_NONE);
	assert_actions("patience of 30 s\nread variable\nrelease\n");
}

static void test_firmware_is_not_asked_if_resume_is_given(void **state)
{
	start("resume=/dev/vdb", true);
	find_image();
	assert_actions("patience of 30 s\nfind /dev/vdb 0\nhold\n");
}

static void test_freed_with_a_job(void **state)
{
	start("", true);
	resume = resume_free(resume);
	assert_actions("patience of 30 s\nread variable\ncancel\n");
}

/* --- what is said to be awaited --- */

static void assert_awaited(const char *expected)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };

	strbuf_append(&buf, "x");
	resume_describe_awaited(resume, &buf);
	assert_string_equal(strbuf_string(&buf), expected);
}

static void test_description(void **state)
{
	_cleanup_strbuf_ struct strbuf buf = { 0 };

	start("", true);
	assert_awaited("x, the firmware to say where a system was hibernated to");
	answer(0, 0, LOCATION);
	assert_awaited("x, the device " UUID " to resume from");
	resume_describe_awaited(resume, &buf);
	assert_string_equal(strbuf_string(&buf), "the device " UUID " to resume from");
	resume_devices_doubted(resume, "a, b");
	assert_awaited("x, the device " UUID " to resume from, which several devices are: a, b");
	resume_device_appeared(resume, "/dev/vdb", makedev(253, 16));
	assert_awaited("x, /dev/vdb to be looked at for a hibernated system");
	answer(0, 1, NULL);
	assert_awaited("x, the system that was hibernated to /dev/vdb");
	resume_step(resume, false);
	assert_awaited("x, the system that was hibernated to /dev/vdb");
	answer(-EIO, 0, "no");
	assert_awaited("x");
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, has_nothing_to_resume, without_rows);
	TEST(&list, test_no_image);
	TEST(&list, test_unreadable);
	TEST(&list, test_no_worker);
	TEST(&list, test_image);
	TEST(&list, test_image_that_cannot_be_resumed);
	TEST(&list, test_reading_cannot_begin);
	TEST(&list, test_workers_are_waited_for);
	TEST(&list, test_patience);
	TEST_ROWS(&list, is_patient, patience_rows);
	TEST(&list, test_given_up);
	TEST(&list, test_gone_while_checked);
	TEST(&list, test_gone_once_found);
	TEST_ROWS(&list, takes_neither_of_two, twice_rows);
	TEST_ROWS(&list, takes_what_is_built_on_it, twice_rows);
	TEST(&list, test_doubt_is_over);
	TEST(&list, test_firmware);
	TEST(&list, test_firmware_remembers_for_a_while);
	TEST_ROWS(&list, is_not_told_by_the_firmware, ignorant_rows);
	TEST(&list, test_firmware_is_not_asked_if_resume_is_given);
	TEST(&list, test_freed_with_a_job);
	TEST(&list, test_description);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
