/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <syslog.h>

#include "base/macro.h"

/*
 * Messages are sentences without a final newline; they say what was attempted, why it failed and
 * what happens next. Levels are those of syslog(3): LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO,
 * LOG_DEBUG. Debug messages are dropped unless log_set_debug(true).
 */

/* Longer ones are cut: /dev/kmsg refuses a record of about 1,000 bytes, depending on the kernel. */
#define LOG_MESSAGE_MAX 900

/* Who speaks, a literal: "kindling". */
void log_set_name(const char *name);

void log_set_debug(bool enabled);

/*
 * Sends messages to the kernel's log, unthrottled, where its consoles show them by their level.
 * Without this call, or if /dev/kmsg cannot be opened, they go to standard error, with control
 * characters as \ooo. Never blocks.
 */
int log_open_kmsg(void);
void log_close_kmsg(void);

void log_message(int level, const char *format, ...) _printf_(2, 3);

/* As log_message, followed by the text of the negative errno @error, which is returned. */
int log_message_errno(int level, int error, const char *format, ...) _printf_(3, 4);

/*
 * Keeps a message that the user has been shown by other means: it goes to the ring and the
 * kernel's log, where no console shows it again, unless the user asked for debugging.
 */
void log_note(const char *text);

/* Visits the last messages but for those of LOG_DEBUG, oldest first; lines without newline. */
void log_for_each_recent(void (*visit)(void *userdata, const char *line), void *userdata);

#define log_err(...)   log_message(LOG_ERR, __VA_ARGS__)
#define log_warn(...)  log_message(LOG_WARNING, __VA_ARGS__)
#define log_info(...)  log_message(LOG_INFO, __VA_ARGS__)
#define log_debug(...) log_message(LOG_DEBUG, __VA_ARGS__)

#define log_err_errno(error, ...)   log_message_errno(LOG_ERR, error, __VA_ARGS__)
#define log_warn_errno(error, ...)  log_message_errno(LOG_WARNING, error, __VA_ARGS__)
#define log_debug_errno(error, ...) log_message_errno(LOG_DEBUG, error, __VA_ARGS__)
