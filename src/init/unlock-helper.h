/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kindling/unlock-message.h"

struct children;
struct loop;
struct loop_fd;
struct strbuf;

/* One process of the unlock helper, and the talk with it. It lives inside of whoever started it. */
struct unlock_helper {
	struct loop *loop;
	struct children *children;
	void (*on_message)(void *userdata, struct unlock_message *message);
	/* It has ended, with that status of waitpid(2); all its messages were handed over before.
	 */
	void (*on_exit)(void *userdata, int status);
	void *userdata;

	/* unlock-helper.c's own. */
	pid_t pid; /* 0: none */
	int message_fd, request_fd;
	struct loop_fd *watch;
};

/*
 * Starts one for the device @node that becomes @name; @options are as those of crypttab(5), and
 * @mode is UNLOCK_BY_TOKENS or NULL. The callbacks are set by the caller, and may call
 * unlock_helper_end(). 0; -ENOENT if the image has none, or another negative errno, and then
 * nothing is running.
 */
int unlock_helper_start(struct unlock_helper *helper, const char *mode, const char *node,
			const char *name, const char *options);

/* Appends how it ended, from the @status of its end: "was ended by signal 9 (Killed)". Pure. */
void unlock_helper_describe_end(int status, struct strbuf *buf);

/* Kills it, and nothing is heard of it any more; nothing happens if there is none. */
void unlock_helper_end(struct unlock_helper *helper);

/*
 * Sends a request whose content is @size bytes at @data; never waits. 0, or a negative errno if it
 * does not listen any more, and then it is ending.
 */
int unlock_helper_request(struct unlock_helper *helper, enum unlock_request_type type,
			  const void *data, size_t size);
