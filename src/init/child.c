/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Children of PID 1: starting programs, and reaping whatever ends. PID 1 also inherits the
 * orphans of everybody, so waitpid() is called for all, not for the known ones.
 */
#include "init/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/list.h"
#include "init/loop.h"

struct children {
	struct list watches;
};

struct child_watch {
	struct list link;
	pid_t pid;
	child_exit_cb callback;
	void *userdata;
};

static struct child_watch *find_watch(struct children *children, pid_t pid)
{
	struct child_watch *watch;

	list_for_each(watch, &children->watches, link)
		if (watch->pid == pid)
			return watch;
	return NULL;
}

static void on_child_signal(void *userdata, const struct signalfd_siginfo *info)
{
	struct children *children = userdata;
	int status;
	pid_t pid;

	/* One signal may stand for several children. */
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child_watch *watch = find_watch(children, pid), gone;

		if (!watch)
			continue;
		/* Removed first: the callback may watch another child or free its owner. */
		gone = *watch;
		list_remove(&watch->link);
		free(watch);
		gone.callback(gone.userdata, status);
	}
}

int children_new(struct loop *loop, struct children **ret_children)
{
	struct children *children = calloc(1, sizeof(*children));
	sigset_t signals;
	int r;

	if (!children)
		return -ENOMEM;
	list_init(&children->watches);
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	r = loop_watch_signals(loop, &signals, on_child_signal, children);
	if (r < 0) {
		free(children);
		return r;
	}
	*ret_children = children;
	return 0;
}

struct children *children_free(struct children *children)
{
	struct child_watch *watch, *following;

	if (children) {
		list_for_each_safe(watch, following, &children->watches, link)
			free(watch);
		free(children);
	}
	return NULL;
}

int children_watch(struct children *children, pid_t pid, child_exit_cb callback, void *userdata)
{
	struct child_watch *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->pid = pid;
	watch->callback = callback;
	watch->userdata = userdata;
	list_append(&children->watches, &watch->link);
	return 0;
}

void children_unwatch(struct children *children, pid_t pid)
{
	struct child_watch *watch = find_watch(children, pid);

	if (watch) {
		list_remove(&watch->link);
		free(watch);
	}
}

/* The first that a new session opens becomes its controlling one. */
static int prepare_terminal(posix_spawn_file_actions_t *actions, const char *terminal)
{
	int r = posix_spawn_file_actions_addopen(actions, STDIN_FILENO, terminal, O_RDWR, 0);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, STDIN_FILENO, STDERR_FILENO);
	return r;
}

static int prepare_files(posix_spawn_file_actions_t *actions, const struct child_params *params)
{
	int r = params->terminal ? prepare_terminal(actions, params->terminal) : 0;

	if (r == 0 && params->stdin_fd >= 0)
		r = posix_spawn_file_actions_adddup2(actions, params->stdin_fd, 0);
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO && params->output_fd >= 0; fd++)
		if (r == 0)
			r = posix_spawn_file_actions_adddup2(actions, params->output_fd, fd);
	if (r == 0 && params->message_fd >= 0)
		r = posix_spawn_file_actions_adddup2(actions, params->message_fd, CHILD_MESSAGE_FD);
	return r;
}

static int prepare_process(posix_spawnattr_t *attributes, const struct child_params *params)
{
	int flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, all;
	int r;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	r = posix_spawnattr_setsigmask(attributes, &none);
	if (r == 0)
		r = posix_spawnattr_setsigdefault(attributes, &all);
	if (r == 0)
		r = posix_spawnattr_setflags(attributes,
					     (short)(flags |
						     (params->terminal ? POSIX_SPAWN_SETSID : 0)));
	return r;
}

int child_spawn(const struct child_params *params, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -ENOMEM;
	}
	r = prepare_files(&actions, params);
	if (r == 0)
		r = prepare_process(&attributes, params);
	if (r == 0)
		r = posix_spawn(ret_pid, params->path, &actions, &attributes,
				(char *const *)params->argv, (char *const *)params->envp);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}
