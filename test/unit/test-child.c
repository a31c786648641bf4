/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/file.h"
#include "init/child.h"
#include "init/loop.h"
#include "support.h"

#define PATIENCE_USEC (10 * USEC_PER_SEC)

static struct loop *loop;
static struct children *children;
static unsigned int n_awaited; /* exits that have not been told of yet */

static const char *const empty_envp[] = { NULL };

static int set_up(void **state)
{
	if (loop_new(&loop) < 0 || children_new(loop, &children) < 0)
		return -1;
	n_awaited = 0;
	return 0;
}

static int tear_down(void **state)
{
	children = children_free(children);
	loop = loop_free(loop);
	return 0;
}

static void on_too_late(void *userdata)
{
	fail_msg("%u children did not end in time", n_awaited);
}

static void stop_when_told(void *userdata)
{
	if (n_awaited == 0)
		loop_stop(loop);
}

static void await_exits(void)
{
	struct loop_timer *timer;

	assert_int_equal(loop_timer_new(loop, on_too_late, NULL, &timer), 0);
	loop_timer_start(timer, PATIENCE_USEC);
	loop_set_hook(loop, stop_when_told, NULL);
	assert_int_equal(loop_run(loop), 0);
	loop_timer_free(timer);
}

static void keep_status(void *userdata, int status)
{
	*(int *)userdata = status;
	n_awaited--;
}

/* Runs the program and waits for its end; what waitpid(2) says of it. */
static int run(const struct child_params *params)
{
	int status = -1;
	pid_t pid;

	assert_int_equal(child_spawn(params, &pid), 0);
	assert_int_equal(children_watch(children, pid, keep_status, &status), 0);
	n_awaited++;
	await_exits();
	return status;
}

static int run_shell(const char *script, int stdin_fd, int message_fd, const char *const *envp)
{
	const char *const argv[] = { "sh", "-c", script, NULL };
	const struct child_params params = {
		.path = "/bin/sh",
		.argv = argv,
		.envp = envp,
		.stdin_fd = stdin_fd,
		.output_fd = -1,
		.message_fd = message_fd,
	};

	return run(&params);
}

static void test_exit_status(void **state)
{
	int status = run_shell("exit 7", -1, -1, empty_envp);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 7);
	assert_int_equal(run_shell("exit 0", -1, -1, empty_envp), 0);
}

static void test_ended_by_signal(void **state)
{
	int status = run_shell("kill -TERM $$", -1, -1, empty_envp);

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
}

struct error_row {
	const char *name, *path;
	int result;
};

static const struct error_row error_rows[] = {
	{ "no such program", "/nonexistent/program", -ENOENT },
	{ "not executable", "/etc/passwd", -EACCES },
	{ "a directory", "/etc", -EACCES },
};

static void reports_exec_error(void **state)
{
	const struct error_row *row = *state;
	const char *const argv[] = { row->path, NULL };
	const struct child_params params = {
		.path = row->path,
		.argv = argv,
		.envp = empty_envp,
		.stdin_fd = -1,
		.output_fd = -1,
		.message_fd = -1,
	};
	pid_t pid;

	assert_int_equal(child_spawn(&params, &pid), row->result);
	/* Nobody is left to be reaped. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void test_stdin(void **state)
{
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	assert_int_equal(write(fds[1], "hello\n", 6), 6);
	/* It sees the end only if it has not inherited the end that writes. */
	(void)close(fds[1]);
	assert_int_equal(run_shell("test \"$(cat)\" = hello", fds[0], -1, empty_envp), 0);
	(void)close(fds[0]);
}

static void test_output(void **state)
{
	const char *const argv[] = { "sh", "-c", "echo out; echo err >&2", NULL };
	struct child_params params = {
		.path = "/bin/sh",
		.argv = argv,
		.envp = empty_envp,
		.stdin_fd = -1,
		.message_fd = -1,
	};
	char buf[16] = "";
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	params.output_fd = fds[1];
	assert_int_equal(run(&params), 0);
	assert_int_equal(read(fds[0], buf, sizeof(buf)), 8);
	assert_string_equal(buf, "out\nerr\n");
	(void)close(fds[0]);
	(void)close(fds[1]);
}

static void assert_message_arrives(int theirs, int ours)
{
	char buf[8] = "";

	assert_int_equal(run_shell("printf hello >&3", -1, theirs, empty_envp), 0);
	assert_int_equal(recv(ours, buf, sizeof(buf), MSG_DONTWAIT), 5);
	assert_string_equal(buf, "hello");
}

static void test_message_fd(void **state)
{
	int sockets[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets), 0);
	assert_message_arrives(sockets[1], sockets[0]);
	/* One that has the right number already, and would be closed by the exec. */
	assert_int_equal(dup3(sockets[1], CHILD_MESSAGE_FD, O_CLOEXEC), CHILD_MESSAGE_FD);
	assert_message_arrives(CHILD_MESSAGE_FD, sockets[0]);
	(void)close(sockets[0]);
	(void)close(sockets[1]);
}

/* /dev/tty only opens for whoever has a controlling terminal. */
static void test_terminal(void **state)
{
	_cleanup_close_ int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	const char *const argv[] = { "sh", "-c", "echo session >/dev/tty; echo error >&2", NULL };
	struct child_params params = {
		.path = "/bin/sh",
		.argv = argv,
		.envp = empty_envp,
		.stdin_fd = -1,
		.output_fd = -1,
		.message_fd = -1,
	};
	char text[64] = "";
	int status = -1;
	size_t size = 0;
	ssize_t n;
	pid_t pid;

	assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
	params.terminal = ptsname(master);
	assert_int_equal(child_spawn(&params, &pid), 0);
	assert_int_equal(children_watch(children, pid, keep_status, &status), 0);
	n_awaited++;
	await_exits();
	assert_int_equal(status, 0);
	/* EIO: nobody has the other side open any more. */
	while (size < sizeof(text) - 1 &&
	       (n = read(master, text + size, sizeof(text) - 1 - size)) > 0)
		size += (size_t)n;
	assert_string_equal(text, "session\r\nerror\r\n");
}

static void test_environment_is_what_is_given(void **state)
{
	static const char *const envp[] = { "ONLY=this", NULL };

	assert_int_equal(setenv("NOT", "inherited", 1), 0);
	assert_int_equal(run_shell("test \"$ONLY\" = this && test -z \"$NOT\"", -1, -1, envp), 0);
	(void)unsetenv("NOT");
}

static void test_no_fd_is_inherited(void **state)
{
	_cleanup_close_ int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char script[64];

	assert_true(fd > STDERR_FILENO);
	(void)snprintf(script, sizeof(script), "test ! -e /proc/self/fd/%d", fd);
	assert_int_equal(run_shell(script, -1, -1, empty_envp), 0);
}

/* By a shell that replaces itself: while it waits for others, it blocks signals of its own. */
static void test_signals_are_reset(void **state)
{
	sigset_t all, before;
	int blocked, ignored;

	(void)sigfillset(&all);
	assert_int_equal(sigprocmask(SIG_SETMASK, &all, &before), 0);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	blocked = run_shell("exec grep -q 'SigBlk:.0000000000000000' /proc/self/status", -1, -1,
			    empty_envp);
	/* glibc keeps 32 and 33 for itself, and ignored in what it starts. */
	ignored = run_shell("exec grep -q 'SigIgn:.0000000[01][08]0000000' /proc/self/status", -1,
			    -1, empty_envp);
	(void)signal(SIGPIPE, SIG_DFL);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
	assert_int_equal(blocked, 0);
	assert_int_equal(ignored, 0);
}

/* A child that has ended, and that nobody has looked at. */
static pid_t fork_and_exit(int status)
{
	pid_t pid = fork();
	siginfo_t info;

	if (pid == 0)
		_exit(status);
	assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	return pid;
}

/* One signal may stand for several children: all end before anybody looks. */
static void test_many_at_once(void **state)
{
	int statuses[20];

	for (int i = 0; i < (int)ARRAY_SIZE(statuses); i++) {
		assert_int_equal(children_watch(children, fork_and_exit(i), keep_status,
						&statuses[i]),
				 0);
		n_awaited++;
	}
	await_exits();
	for (int i = 0; i < (int)ARRAY_SIZE(statuses); i++)
		assert_int_equal(WEXITSTATUS(statuses[i]), i);
}

static void fail_if_told(void *userdata, int status)
{
	fail();
}

static void test_unwatched_and_unknown_are_reaped(void **state)
{
	pid_t unwatched = fork_and_exit(0);
	int status;

	(void)fork_and_exit(0);
	assert_int_equal(children_watch(children, unwatched, fail_if_told, NULL), 0);
	children_unwatch(children, unwatched);
	children_unwatch(children, unwatched);
	assert_int_equal(children_watch(children, fork_and_exit(0), keep_status, &status), 0);
	n_awaited++;
	await_exits();
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void watch_another(void *userdata, int status)
{
	pid_t pid = fork_and_exit(5);

	n_awaited--;
	assert_int_equal(children_watch(children, pid, keep_status, userdata), 0);
	n_awaited++;
}

static void test_watching_from_within(void **state)
{
	int status = -1;

	assert_int_equal(children_watch(children, fork_and_exit(0), watch_another, &status), 0);
	n_awaited++;
	await_exits();
	assert_int_equal(WEXITSTATUS(status), 5);
}

static void test_watches_are_freed(void **state)
{
	assert_int_equal(children_watch(children, 1, fail_if_told, NULL), 0);
	assert_null(children_free(NULL));
}

int main(void)
{
	struct test_list list = { 0 };
	sigset_t signals;
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	/* Taken, so that it is not the loop's: a test gives it away. */
	if (null_fd != CHILD_MESSAGE_FD)
		(void)dup3(null_fd, CHILD_MESSAGE_FD, O_CLOEXEC);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	TEST(&list, test_exit_status);
	TEST(&list, test_ended_by_signal);
	TEST_ROWS(&list, reports_exec_error, error_rows);
	TEST(&list, test_stdin);
	TEST(&list, test_output);
	TEST(&list, test_message_fd);
	TEST(&list, test_terminal);
	TEST(&list, test_environment_is_what_is_given);
	TEST(&list, test_no_fd_is_inherited);
	TEST(&list, test_signals_are_reset);
	TEST(&list, test_many_at_once);
	TEST(&list, test_unwatched_and_unknown_are_reaped);
	TEST(&list, test_watching_from_within);
	TEST(&list, test_watches_are_freed);
	test_list_set_fixtures(&list, set_up, tear_down);
	return test_list_run(&list);
}
