/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <signal.h>
#include <stdint.h>
#include <sys/signalfd.h>

/*
 * The event loop. Callbacks never block and never run a nested loop. Whoever registers
 * deregisters; a watch or timer may be freed from any callback, its own included. Destructors
 * accept NULL and return NULL.
 */
struct loop;
struct loop_fd;
struct loop_timer;

typedef void (*loop_fd_cb)(void *userdata);
typedef void (*loop_timer_cb)(void *userdata);
typedef void (*loop_signal_cb)(void *userdata, const struct signalfd_siginfo *info);
typedef void (*loop_hook_cb)(void *userdata);

/* 0 or negative errno. */
int loop_new(struct loop **ret_loop);
struct loop *loop_free(struct loop *loop);

/* Dispatches until loop_stop() (0) or until waiting itself fails (negative errno). */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop);

/* Called after each batch of events, and once before the first: the place for policy. */
void loop_set_hook(struct loop *loop, loop_hook_cb hook, void *userdata);

enum loop_io {
	LOOP_READ,
	LOOP_WRITE,
	LOOP_CHANGE,
};

/*
 * Calls back while @fd, which stays the caller's, can be read or written, or is hung up. An
 * attribute of sysfs always can: LOOP_CHANGE calls back once at first, and then once each time that
 * the kernel tells of a change.
 */
int loop_fd_new(struct loop *loop, int fd, enum loop_io io, loop_fd_cb callback, void *userdata,
		struct loop_fd **ret_watch);
struct loop_fd *loop_fd_free(struct loop_fd *watch);

/* A one-shot timer, stopped at first. Starting a running one sets it anew. */
int loop_timer_new(struct loop *loop, loop_timer_cb callback, void *userdata,
		   struct loop_timer **ret_timer);
void loop_timer_start(struct loop_timer *timer, uint64_t after_usec);
void loop_timer_stop(struct loop_timer *timer);
struct loop_timer *loop_timer_free(struct loop_timer *timer);

/*
 * Calls back for each of @signals, which the caller has blocked. A signalfd rather than handlers:
 * nothing is inherited by children and nothing runs in between.
 */
int loop_watch_signals(struct loop *loop, const sigset_t *signals, loop_signal_cb callback,
		       void *userdata);
