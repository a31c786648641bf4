/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The only user of libevent, so that everything else speaks of fds, timers and signals in a few
 * words, and could be driven by another loop.
 *
 * libevent takes its own copy of callback and argument before calling, and event_free() also
 * removes an event from the queue of active ones. That is why freeing from within callbacks
 * needs no deferral here.
 */
#include "init/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/macro.h"

struct loop {
	struct event_base *base;
	loop_hook_cb hook;
	void *hook_userdata;
	int signal_fd;
	struct loop_fd *signal_watch;
	loop_signal_cb signal_callback;
	void *signal_userdata;
	bool stopped;
};

struct loop_fd {
	struct event *event;
	loop_fd_cb callback;
	void *userdata;
};

struct loop_timer {
	struct event *event;
	loop_timer_cb callback;
	void *userdata;
};

/* By itself libevent would exit(), and PID 1 must not; this way the crash handler reports it. */
static _noreturn_ void on_fatal(int error)
{
	abort();
}

static void on_message(int severity, const char *message)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", message);
}

int loop_new(struct loop **ret_loop)
{
	struct event_config *config = event_config_new();
	struct loop *loop = calloc(1, sizeof(*loop));

	event_set_fatal_callback(on_fatal);
	event_set_log_callback(on_message);
	if (config && loop) {
		/*
		 * IGNORE_ENV: the kernel hands words of the command line to init as environment,
		 * and they must not reconfigure the loop.
		 */
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
						      EVENT_BASE_FLAG_PRECISE_TIMER);
		loop->signal_fd = -1;
		loop->base = event_base_new_with_config(config);
	}
	if (config)
		event_config_free(config);
	if (!loop || !loop->base) {
		free(loop);
		return -ENOMEM;
	}
	*ret_loop = loop;
	return 0;
}

struct loop *loop_free(struct loop *loop)
{
	if (loop) {
		loop->signal_watch = loop_fd_free(loop->signal_watch);
		loop->signal_fd = safe_close(loop->signal_fd);
		event_base_free(loop->base);
		free(loop);
	}
	return NULL;
}

static void run_hook(struct loop *loop)
{
	if (loop->hook && !loop->stopped)
		loop->hook(loop->hook_userdata);
}

int loop_run(struct loop *loop)
{
	loop->stopped = false;
	run_hook(loop);
	while (!loop->stopped) {
		if (event_base_loop(loop->base, EVLOOP_ONCE) < 0)
			return -EIO;
		run_hook(loop);
	}
	return 0;
}

void loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

void loop_set_hook(struct loop *loop, loop_hook_cb hook, void *userdata)
{
	loop->hook = hook;
	loop->hook_userdata = userdata;
}

static void on_fd_event(evutil_socket_t fd, short events, void *userdata)
{
	struct loop_fd *watch = userdata;

	watch->callback(watch->userdata);
}

int loop_fd_new(struct loop *loop, int fd, enum loop_io io, loop_fd_cb callback, void *userdata,
		struct loop_fd **ret_watch)
{
	static const short events[] = {
		[LOOP_READ] = EV_PERSIST | EV_READ,
		[LOOP_WRITE] = EV_PERSIST | EV_WRITE,
		[LOOP_CHANGE] = EV_PERSIST | EV_READ | EV_ET,
	};
	struct loop_fd *watch = calloc(1, sizeof(*watch));

	if (!watch)
		return -ENOMEM;
	watch->callback = callback;
	watch->userdata = userdata;
	watch->event = event_new(loop->base, fd, events[io], on_fd_event, watch);
	if (!watch->event || event_add(watch->event, NULL) < 0) {
		loop_fd_free(watch);
		return -ENOMEM;
	}
	*ret_watch = watch;
	return 0;
}

struct loop_fd *loop_fd_free(struct loop_fd *watch)
{
	if (watch) {
		if (watch->event)
			event_free(watch->event);
		free(watch);
	}
	return NULL;
}

static void on_timer_event(evutil_socket_t fd, short events, void *userdata)
{
	struct loop_timer *timer = userdata;

	timer->callback(timer->userdata);
}

int loop_timer_new(struct loop *loop, loop_timer_cb callback, void *userdata,
		   struct loop_timer **ret_timer)
{
	struct loop_timer *timer = calloc(1, sizeof(*timer));

	if (!timer)
		return -ENOMEM;
	timer->callback = callback;
	timer->userdata = userdata;
	timer->event = evtimer_new(loop->base, on_timer_event, timer);
	if (!timer->event) {
		free(timer);
		return -ENOMEM;
	}
	*ret_timer = timer;
	return 0;
}

void loop_timer_start(struct loop_timer *timer, uint64_t after_usec)
{
	struct timeval after = {
		.tv_sec = (time_t)(after_usec / USEC_PER_SEC),
		.tv_usec = (suseconds_t)(after_usec % USEC_PER_SEC),
	};

	if (evtimer_add(timer->event, &after) < 0)
		log_err("no memory for a timer, something will not happen in time");
}

void loop_timer_stop(struct loop_timer *timer)
{
	(void)evtimer_del(timer->event);
}

struct loop_timer *loop_timer_free(struct loop_timer *timer)
{
	if (timer) {
		event_free(timer->event);
		free(timer);
	}
	return NULL;
}

static void on_signal_fd(void *userdata)
{
	struct loop *loop = userdata;
	struct signalfd_siginfo info;

	while (read(loop->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		loop->signal_callback(loop->signal_userdata, &info);
}

int loop_watch_signals(struct loop *loop, const sigset_t *signals, loop_signal_cb callback,
		       void *userdata)
{
	_cleanup_close_ int fd = signalfd(-1, signals, SFD_CLOEXEC | SFD_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	r = loop_fd_new(loop, fd, LOOP_READ, on_signal_fd, loop, &loop->signal_watch);
	if (r < 0)
		return r;
	loop->signal_fd = TAKE_FD(fd);
	loop->signal_callback = callback;
	loop->signal_userdata = userdata;
	return 0;
}
