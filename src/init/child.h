/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <sys/types.h>

struct loop;
struct children;

/* @status is that of waitpid(2). The registration is gone by the time of the call. */
typedef void (*child_exit_cb)(void *userdata, int status);

#define CHILD_MESSAGE_FD 3

struct child_params {
	const char *path;
	const char *const *argv; /* NULL-terminated */
	const char *const *envp; /* NULL-terminated; the child gets nothing else */
	int stdin_fd;            /* becomes fd 0, or -1 to inherit */
	int output_fd;           /* becomes fds 1 and 2, or -1 to inherit */
	int message_fd;          /* becomes CHILD_MESSAGE_FD, or -1 for none */
	const char *terminal;    /* path; as fds 0 to 2, of a session of its own; or NULL */
};

/*
 * Owns SIGCHLD, which must be blocked: reaps every child, those that were re-parented to PID 1
 * included, and tells who registered.
 */
int children_new(struct loop *loop, struct children **ret_children);
struct children *children_free(struct children *children);

int children_watch(struct children *children, pid_t pid, child_exit_cb callback, void *userdata);

/* Forgets about @pid, which will still be reaped. */
void children_unwatch(struct children *children, pid_t pid);

/*
 * Starts a program with default signals; of fds it gets 0 to 2 and those named. Returns when the
 * program has been executed, or with the negative errno of why it was not.
 */
int child_spawn(const struct child_params *params, pid_t *ret_pid);
