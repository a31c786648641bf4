/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs the checker of a file system before it is mounted. A check may take hours; what must not be
 * is one that has died on a dead disk: a checker that says nothing for half an hour is ended, first
 * gently, since it may be repairing, then not. It has no terminal, so no key can break it off.
 *
 * A check that has been made is noted for the host, where sysvinit's scripts and Debian's systemd
 * look for it. Others check a root that is mounted read-only once more, which costs them little.
 */
#include "init/fsck.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "config/checker.h"
#include "init/child.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/trace.h"
#include "kindling/image-layout.h"

#define SILENCE_USEC  (30 * 60 * USEC_PER_SEC)
#define GRACE_USEC    (10 * USEC_PER_SEC)
#define LINE_SIZE_MAX 256

/* How hard we have tried to end it. */
enum pressure {
	PRESSURE_NONE,
	PRESSURE_TERMINATED,
	PRESSURE_KILLED,
};

/* One of the checker's two voices, cut into lines. */
struct voice {
	struct fsck *fsck;
	void (*on_line)(struct fsck *fsck, const char *line);
	int fd;
	struct loop_fd *watch;
	char line[LINE_SIZE_MAX];
	size_t size;
};

struct fsck {
	const struct fsck_context *context;
	char *path, *node, *type;
	enum fsck_state state;
	char *reason;
	pid_t pid; /* 0: none */
	struct voice output, progress;
	int percent; /* -1: not told */
	struct loop_timer *patience;
	enum pressure pressure;
	uint64_t started_usec;
};

static bool is_root(const struct fsck *fsck)
{
	return str_equal(fsck->path, "/");
}

static const char *what(const struct fsck *fsck)
{
	return is_root(fsck) ? "the root" : fsck->path;
}

/* Takes over @reason, NULL for want of memory. */
static void fail(struct fsck *fsck, char *reason)
{
	free(fsck->reason);
	fsck->reason = reason;
	fsck->state = FSCK_FAILED;
}

/* --- what it says --- */

static void on_output_line(struct fsck *fsck, const char *line)
{
	if (*line)
		log_info("fsck.%s: %s", fsck->type, line);
}

static void on_progress_line(struct fsck *fsck, const char *line)
{
	int percent = checker_parse_progress(line);

	if (percent >= 0)
		fsck->percent = percent;
}

static void end_line(struct voice *voice)
{
	voice->line[voice->size] = '\0';
	voice->size = 0;
	voice->on_line(voice->fsck, voice->line);
}

/* Names of files are in what it says, and these may be anything. */
static char make_printable(char byte)
{
	if (byte == '\t')
		return ' ';
	return iscntrl((unsigned char)byte) ? '?' : byte;
}

static void hear(struct voice *voice, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '\n' || bytes[i] == '\r' || voice->size == LINE_SIZE_MAX - 1)
			end_line(voice);
		if (bytes[i] != '\n' && bytes[i] != '\r')
			voice->line[voice->size++] = make_printable(bytes[i]);
	}
}

/* Reads once, and at most @size_max bytes. How many there were, or less than 1. */
static ssize_t listen_once(struct voice *voice, size_t size_max)
{
	char bytes[1024];
	ssize_t n = read(voice->fd, bytes, MIN(size_max, sizeof(bytes)));

	if (n > 0)
		hear(voice, bytes, (size_t)n);
	return n;
}

static void on_voice(void *userdata)
{
	struct voice *voice = userdata;
	ssize_t n = listen_once(voice, SIZE_MAX);

	if (n == 0)
		voice->watch = loop_fd_free(voice->watch);
	else if (n > 0 && voice->fsck->pressure == PRESSURE_NONE)
		loop_timer_start(voice->fsck->patience, SILENCE_USEC);
}

static void close_voice(struct voice *voice)
{
	voice->watch = loop_fd_free(voice->watch);
	voice->fd = safe_close(voice->fd);
}

/*
 * What was said before the end may still be unread. A process that the checker has left behind may
 * say more, and nobody listens to that.
 */
static void hear_last_words(struct voice *voice)
{
	int n_left = 0;
	ssize_t n = 1;

	(void)ioctl(voice->fd, FIONREAD, &n_left);
	for (; n_left > 0 && n > 0; n_left -= (int)n)
		n = listen_once(voice, (size_t)n_left);
	if (voice->size > 0)
		end_line(voice);
	close_voice(voice);
}

/* @ret_their_fd is for the child. */
static int open_voice(struct fsck *fsck, struct voice *voice, int *ret_their_fd)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	voice->fd = fds[0];
	*ret_their_fd = fds[1];
	(void)fcntl(voice->fd, F_SETFL, O_NONBLOCK);
	voice->fsck = fsck;
	return loop_fd_new(fsck->context->loop, voice->fd, LOOP_READ, on_voice, voice,
			   &voice->watch);
}

/* --- how it ends --- */

/* The real init need not check again. */
static void leave_note(const struct fsck *fsck)
{
	const char *path = is_root(fsck)                   ? RUN_FSCK_ROOT
			   : str_equal(fsck->path, "/usr") ? RUN_FSCK_USR
							   : NULL;
	int r;

	if (!path)
		return;
	r = file_make_directories(RUN_INITRAMFS, 0755);
	if (r >= 0)
		r = file_publish(path, "", 0, 0644);
	if (r < 0)
		log_debug_errno(r, "cannot write %s", path);
}

static void judge(struct fsck *fsck, int exit_status)
{
	struct consoles *consoles = fsck->context->consoles;

	fsck->state = FSCK_PASSED;
	switch (checker_judge(exit_status)) {
	case CHECKER_CORRECTED:
		consoles_say(consoles, "fsck.%s has made %s on %s clean again", fsck->type,
			     what(fsck), fsck->node);
		leave_note(fsck);
		return;
	case CHECKER_CLEAN:
		leave_note(fsck);
		return;
	case CHECKER_NOT_CHECKED:
		consoles_say(consoles,
			     "fsck.%s could not check %s on %s (exit status %d), mounting it "
			     "unchecked",
			     fsck->type, what(fsck), fsck->node, exit_status);
		return;
	case CHECKER_REBOOT:
		fail(fsck, str_format("fsck.%s has corrected errors of %s on %s and wants a reboot",
				      fsck->type, what(fsck), fsck->node));
		return;
	case CHECKER_ERRORS_LEFT:
		fail(fsck,
		     str_format(
			     "%s on %s has errors that fsck.%s did not correct (exit status %d); "
			     "fsck.repair=yes corrects all, fsck.mode=skip mounts it as it is",
			     what(fsck), fsck->node, fsck->type, exit_status));
		return;
	}
}

static void on_exit_of_checker(void *userdata, int status)
{
	struct fsck *fsck = userdata;

	fsck->pid = 0;
	loop_timer_stop(fsck->patience);
	trace_span("fsck", fsck->node, fsck->started_usec, WIFEXITED(status) ? 0 : -EINTR);
	hear_last_words(&fsck->output);
	close_voice(&fsck->progress);
	if (fsck->pressure != PRESSURE_NONE)
		fail(fsck,
		     str_format("fsck.%s said nothing of %s on %s for half an hour and was ended",
				fsck->type, what(fsck), fsck->node));
	else if (WIFEXITED(status))
		judge(fsck, WEXITSTATUS(status));
	else
		fail(fsck, str_format("fsck.%s of %s on %s was ended by signal %d (%s)", fsck->type,
				      what(fsck), fsck->node, WTERMSIG(status),
				      strsignal(WTERMSIG(status))));
}

static void on_silence(void *userdata)
{
	struct fsck *fsck = userdata;

	switch (fsck->pressure) {
	case PRESSURE_NONE:
		fsck->pressure = PRESSURE_TERMINATED;
		(void)kill(fsck->pid, SIGTERM);
		break;
	case PRESSURE_TERMINATED:
		fsck->pressure = PRESSURE_KILLED;
		(void)kill(fsck->pid, SIGKILL);
		break;
	case PRESSURE_KILLED:
		fail(fsck, str_format("fsck.%s of %s hangs on %s and cannot be ended", fsck->type,
				      what(fsck), fsck->node));
		return;
	}
	loop_timer_start(fsck->patience, GRACE_USEC);
}

/* --- how it begins --- */

static int spawn(struct fsck *fsck, const char *program, int output_fd, int progress_fd)
{
	_cleanup_close_ int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	static const char *const no_environment[] = { NULL };
	const char *argv[CHECKER_ARGUMENTS_MAX];
	struct child_params params = {
		.path = program,
		.argv = argv,
		.envp = no_environment,
		.stdin_fd = nothing,
		.output_fd = output_fd,
		.message_fd = progress_fd,
	};

	_Static_assert(CHECKER_PROGRESS_FD == CHILD_MESSAGE_FD, "where progress is told");
	checker_get_arguments(fsck->type, program, fsck->node, fsck->context->mode,
			      fsck->context->repair, argv);
	log_info("checking %s on %s with fsck.%s %s", what(fsck), fsck->node, fsck->type, argv[1]);
	return child_spawn(&params, &fsck->pid);
}

static int start(struct fsck *fsck, const char *program)
{
	const struct fsck_context *context = fsck->context;
	_cleanup_close_ int output_fd = -1, progress_fd = -1;
	int r;

	r = loop_timer_new(context->loop, on_silence, fsck, &fsck->patience);
	if (r >= 0)
		r = open_voice(fsck, &fsck->output, &output_fd);
	if (r >= 0)
		r = open_voice(fsck, &fsck->progress, &progress_fd);
	if (r >= 0)
		r = spawn(fsck, program, output_fd, progress_fd);
	if (r >= 0)
		r = children_watch(context->children, fsck->pid, on_exit_of_checker, fsck);
	if (r < 0)
		return r;
	fsck->started_usec = clock_now_usec();
	loop_timer_start(fsck->patience, SILENCE_USEC);
	return 0;
}

static struct fsck *fsck_new(const struct fsck_context *context, const char *path, const char *node,
			     const char *type)
{
	struct fsck *fsck = calloc(1, sizeof(*fsck));

	if (!fsck)
		return NULL;
	fsck->context = context;
	fsck->output.fd = fsck->progress.fd = -1;
	fsck->output.on_line = on_output_line;
	fsck->progress.on_line = on_progress_line;
	fsck->percent = -1;
	fsck->path = strdup(path);
	fsck->node = strdup(node);
	fsck->type = strdup(type);
	return fsck->path && fsck->node && fsck->type ? fsck : fsck_free(fsck);
}

int fsck_begin(const struct fsck_context *context, const char *path, const char *node,
	       const char *type, struct fsck **ret_fsck)
{
	_cleanup_free_ char *program = str_format(IMAGE_CHECKERS "%s", type);
	struct fsck *fsck;
	int r;

	*ret_fsck = NULL;
	if (!program)
		return -ENOMEM;
	if (context->mode == FSCK_MODE_SKIP || !checker_is_of_use(type) || strchr(type, '/'))
		return 0;
	if (access(program, X_OK) < 0) {
		log_info("this image has no fsck.%s, mounting %s unchecked", type, node);
		return 0;
	}
	fsck = fsck_new(context, path, node, type);
	if (!fsck)
		return -ENOMEM;
	r = start(fsck, program);
	if (r < 0) {
		(void)fsck_free(fsck);
		return r;
	}
	*ret_fsck = fsck;
	return 0;
}

struct fsck *fsck_free(struct fsck *fsck)
{
	if (!fsck)
		return NULL;
	if (fsck->pid > 0) {
		children_unwatch(fsck->context->children, fsck->pid);
		(void)kill(fsck->pid, SIGTERM);
	}
	close_voice(&fsck->output);
	close_voice(&fsck->progress);
	fsck->patience = loop_timer_free(fsck->patience);
	free(fsck->path);
	free(fsck->node);
	free(fsck->type);
	free(fsck->reason);
	free(fsck);
	return NULL;
}

enum fsck_state fsck_get_state(const struct fsck *fsck)
{
	return fsck->state;
}

const char *fsck_get_reason(const struct fsck *fsck)
{
	return fsck->reason ? fsck->reason : "out of memory";
}

void fsck_describe(const struct fsck *fsck, struct strbuf *buf)
{
	strbuf_printf(buf, "the check of %s on %s", what(fsck), fsck->node);
	if (fsck->percent >= 0)
		strbuf_printf(buf, " (%d %%)", fsck->percent);
}
