/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The checker is a shell script of the test's; what would be left in /run and shown on consoles is
 * written down instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/child.h"
#include "init/console.h"
#include "init/fsck.h"
#include "init/loop.h"
#include "recent-log.h"
#include "support.h"

#define NODE "/dev/no-such-disk"

int __real_child_spawn(const struct child_params *params, pid_t *ret_pid);
int __wrap_child_spawn(const struct child_params *params, pid_t *ret_pid);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
void __real_loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
int __wrap_file_make_directories(const char *path, mode_t mode);
int __wrap_file_publish(const char *path, const void *data, size_t size, mode_t mode);
void __wrap_consoles_say(struct consoles *consoles, const char *format, ...) _printf_(2, 3);

static struct loop *loop;
static struct children *children;
static struct fsck_context context;
static struct fsck *fsck;
static const char *script;
static int access_result, spawn_result;
static unsigned int n_told_before_stop; /* progress that ends the loop, if not 0 */
static struct strbuf said, published;

#define NOISE          "and on it goes\n"
#define NOISE_READ_MAX 1000

/* A process that the checker has left behind, and that writes whenever somebody reads. */
static struct {
	bool is_wanted;
	int fd; /* it writes to */
	pid_t checker;
	unsigned int n_read;
} leftover;

int __wrap_child_spawn(const struct child_params *params, pid_t *ret_pid)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	struct child_params of_script = *params;

	assert_string_equal(params->path, "/usr/sbin/fsck.ext4");
	assert_string_equal(params->argv[0], params->path);
	if (spawn_result < 0)
		return spawn_result;
	of_script.path = "/bin/sh";
	of_script.argv = argv;
	if (leftover.is_wanted)
		leftover.fd = fcntl(params->output_fd, F_DUPFD_CLOEXEC, 0);
	spawn_result = __real_child_spawn(&of_script, ret_pid);
	leftover.checker = *ret_pid;
	return spawn_result;
}

ssize_t __wrap_read(int fd, void *buf, size_t size)
{
	bool is_alone = leftover.fd >= 0 && kill(leftover.checker, 0) < 0;

	if (is_alone && fcntl(fd, F_GETPIPE_SZ) > 0 && leftover.n_read < NOISE_READ_MAX) {
		leftover.n_read++;
		(void)!write(leftover.fd, NOISE, strlen(NOISE));
	}
	return __real_read(fd, buf, size);
}

int __wrap_access(const char *path, int mode)
{
	if (!str_after_prefix(path, "/usr/sbin/fsck."))
		return __real_access(path, mode);
	errno = ENOENT;
	return access_result;
}

/* Half an hour is a second here, and so are the ten seconds that come after it. */
void __wrap_loop_timer_start(struct loop_timer *timer, uint64_t after_usec)
{
	__real_loop_timer_start(timer, MIN(after_usec, USEC_PER_SEC));
}

int __wrap_file_make_directories(const char *path, mode_t mode)
{
	return 0;
}

int __wrap_file_publish(const char *path, const void *data, size_t size, mode_t mode)
{
	strbuf_append(&published, path);
	return 0;
}

void __wrap_consoles_say(struct consoles *consoles, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strbuf_append(&said, text);
}

static int set_up(void **state)
{
	if (loop_new(&loop) < 0 || children_new(loop, &children) < 0)
		return -1;
	context = (struct fsck_context){ .loop = loop, .children = children };
	script = "";
	access_result = spawn_result = 0;
	leftover.is_wanted = false;
	leftover.fd = -1;
	leftover.n_read = 0;
	recent_log_start();
	return 0;
}

static int tear_down(void **state)
{
	fsck = fsck_free(fsck);
	children = children_free(children);
	loop = loop_free(loop);
	leftover.fd = safe_close(leftover.fd);
	strbuf_done(&said);
	strbuf_done(&published);
	return 0;
}

static void stop_at_the_end(void *userdata)
{
	if (fsck_get_state(fsck) != FSCK_RUNNING)
		loop_stop(loop);
}

static void begin(const char *path)
{
	assert_int_equal(fsck_begin(&context, path, NODE, "ext4", &fsck), 0);
	assert_non_null(fsck);
}

static enum fsck_state run(const char *path, const char *wanted_script)
{
	script = wanted_script;
	begin(path);
	loop_set_hook(loop, stop_at_the_end, NULL);
	assert_int_equal(loop_run(loop), 0);
	return fsck_get_state(fsck);
}

struct end_row {
	const char *name, *path, *script;
	enum fsck_state state;
	const char *said;      /* "" for nothing */
	const char *published; /* "" for nothing */
};

static const struct end_row end_rows[] = {
	{ "clean", "/", "exit 0", FSCK_PASSED, "", "/run/initramfs/fsck-root" },
	{ "clean usr", "/usr", "exit 0", FSCK_PASSED, "", "/run/initramfs/fsck-usr" },
	{ "clean var", "/var", "exit 0", FSCK_PASSED, "", "" },
	{ "corrected", "/", "exit 1", FSCK_PASSED,
	  "fsck.ext4 has made the root on " NODE " clean again", "/run/initramfs/fsck-root" },
	{ "corrected usr", "/usr", "exit 1", FSCK_PASSED,
	  "fsck.ext4 has made /usr on " NODE " clean again", "/run/initramfs/fsck-usr" },
	{ "could not be checked", "/", "exit 8", FSCK_PASSED,
	  "fsck.ext4 could not check the root on " NODE " (exit status 8), mounting it unchecked",
	  "" },
	{ "reboot", "/", "exit 3", FSCK_FAILED, "", "" },
	{ "errors left", "/", "exit 4", FSCK_FAILED, "", "" },
	{ "crash", "/", "kill -SEGV $$", FSCK_FAILED, "", "" },
};

static void ends(void **state)
{
	const struct end_row *row = *state;

	assert_int_equal(run(row->path, row->script), row->state);
	assert_string_equal(strbuf_string(&said), row->said);
	assert_string_equal(strbuf_string(&published), row->published);
}

struct reason_row {
	const char *script, *reason;
};

static const struct reason_row reason_rows[] = {
	{ "exit 2", "fsck.ext4 has corrected errors of the root on " NODE " and wants a reboot" },
	{ "exit 12", "the root on " NODE " has errors that fsck.ext4 did not correct (exit status "
		     "12); fsck.repair=yes corrects all, fsck.mode=skip mounts it as it is" },
	{ "kill -KILL $$", "fsck.ext4 of the root on " NODE " was ended by signal 9 (Killed)" },
	/* Half an hour of these is not much. */
	{ "exec sleep 60",
	  "fsck.ext4 said nothing of the root on " NODE " for half an hour and was ended" },
	{ "trap '' TERM; while :; do sleep 0.05; done",
	  "fsck.ext4 said nothing of the root on " NODE " for half an hour and was ended" },
};

static void reasons(void **state)
{
	const struct reason_row *row = *state;

	assert_int_equal(run("/", row->script), FSCK_FAILED);
	assert_string_equal(fsck_get_reason(fsck), row->reason);
}

/* Whoever says something from time to time may take as long as it takes. */
static void test_not_silent(void **state)
{
	assert_int_equal(run("/", "for i in 1 2 3 4 5 6 7 8; do echo; sleep 0.2; done"),
			 FSCK_PASSED);
}

/* What it says is a message a line; bytes that would harm a terminal are not in it. */
static void test_output(void **state)
{
	assert_int_equal(run("/", "echo one; printf '\\ttwo\\033[2J\\r\\n\\nthree' >&2"),
			 FSCK_PASSED);
	assert_string_equal(recent_log(), "checking the root on " NODE " with fsck.ext4 -a\n"
					  "fsck.ext4: one\n"
					  "fsck.ext4:  two?[2J\n"
					  "fsck.ext4: three\n");
}

static void test_long_line(void **state)
{
	assert_int_equal(run("/", "head -c 600 /dev/zero | tr '\\0' x"), FSCK_PASSED);
	assert_int_equal(strlen(recent_log()),
			 strlen("checking the root on " NODE " with fsck.ext4 -a\n") +
				 3 * strlen("fsck.ext4: \n") + 600);
}

/* What a checker leaves behind may go on for ever, but the check is over, and so is listening. */
static void test_somebody_else_goes_on(void **state)
{
	leftover.is_wanted = true;
	assert_int_equal(run("/", "echo one; exit 1"), FSCK_PASSED);
	assert_true(leftover.n_read < NOISE_READ_MAX);
	assert_string_equal(recent_log(), "checking the root on " NODE " with fsck.ext4 -a\n"
					  "fsck.ext4: one\n");
	assert_true(write(leftover.fd, NOISE, strlen(NOISE)) < 0);
}

static void test_no_input(void **state)
{
	assert_int_equal(run("/", "read line && exit 4; exit 0"), FSCK_PASSED);
}

static void stop_when_told(void *userdata)
{
	_cleanup_strbuf_ struct strbuf text = { 0 };

	fsck_describe(fsck, &text);
	if (n_told_before_stop && strchr(strbuf_string(&text), '%')) {
		n_told_before_stop = 0;
		loop_stop(loop);
	}
	assert_int_equal(fsck_get_state(fsck), FSCK_RUNNING);
}

static void test_progress(void **state)
{
	_cleanup_strbuf_ struct strbuf before = { 0 }, after = { 0 };

	script = "echo '1 50 100 " NODE "' >&3; exec sleep 60";
	begin("/usr");
	fsck_describe(fsck, &before);
	assert_string_equal(strbuf_string(&before), "the check of /usr on " NODE);
	n_told_before_stop = 1;
	loop_set_hook(loop, stop_when_told, NULL);
	assert_int_equal(loop_run(loop), 0);
	fsck_describe(fsck, &after);
	assert_string_equal(strbuf_string(&after), "the check of /usr on " NODE " (35 %)");
}

struct none_row {
	const char *name;
	enum fsck_mode mode;
	const char *type;
	int access_result;
	const char *message; /* NULL: none */
};

static const struct none_row none_rows[] = {
	{ "told not to", FSCK_MODE_SKIP, "ext4", 0, NULL },
	{ "never", FSCK_MODE_FORCE, "xfs", 0, NULL },
	{ "not known", FSCK_MODE_AUTO, "", 0, NULL },
	{ "a path", FSCK_MODE_AUTO, "../../init", 0, NULL },
	{ "no checker", FSCK_MODE_AUTO, "ext4", -1,
	  "this image has no fsck.ext4, mounting " NODE " unchecked" },
};

static void nothing_to_do(void **state)
{
	const struct none_row *row = *state;

	context.mode = row->mode;
	access_result = row->access_result;
	assert_int_equal(fsck_begin(&context, "/", NODE, row->type, &fsck), 0);
	assert_null(fsck);
	if (row->message)
		expect_message(row->message);
	else
		expect_no_message();
}

static void test_cannot_be_started(void **state)
{
	spawn_result = -ENOMEM;
	assert_int_equal(fsck_begin(&context, "/", NODE, "ext4", &fsck), -ENOMEM);
	assert_null(fsck);
}

int main(void)
{
	struct test_list list = { 0 };
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	TEST_ROWS(&list, ends, end_rows);
	TEST_ROWS(&list, reasons, reason_rows);
	TEST(&list, test_not_silent);
	TEST(&list, test_output);
	TEST(&list, test_long_line);
	TEST(&list, test_somebody_else_goes_on);
	TEST(&list, test_no_input);
	TEST(&list, test_progress);
	TEST_ROWS(&list, nothing_to_do, none_rows);
	TEST(&list, test_cannot_be_started);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
