/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ask_password;
struct loop;
struct secret;

/* Where agents look for questions: those of systemd, and whatever else speaks their protocol. */
#define ASK_PASSWORD_DIRECTORY "/run/systemd/ask-password"

struct ask_password_question {
	const char *message;   /* one line */
	const char *id;        /* what it is about, for programs; or NULL */
	bool is_echoed;        /* the answer may be shown as it is typed */
	bool is_silent;        /* else, not even a star for each character */
	uint64_t timeout_usec; /* after which nobody need answer; 0 or USEC_INFINITY: none */
};

/* One has answered; the answer is the callback's to free. */
typedef void (*ask_password_cb)(void *userdata, struct secret *answer);

/*
 * Puts the question to whatever agents look into @directory, which is made, until it is freed.
 * Answers are taken from root only; one that says no, or nothing that makes sense, is told and no
 * more. 0 or a negative errno, and then nobody is asked.
 */
int ask_password_new(struct loop *loop, const char *directory,
		     const struct ask_password_question *question, ask_password_cb callback,
		     void *userdata, struct ask_password **ret_ask);

/* Takes the question back. Accepts NULL and returns NULL. */
struct ask_password *ask_password_free(struct ask_password *ask);

/* Removes the directory, and the one above it, if nobody else has anything in there. */
void ask_password_clean_up(const char *directory);
