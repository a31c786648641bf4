/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One message goes to two places: a ring in memory, which the emergency text shows, and the
 * kernel's log (or standard error). The consoles are left to the kernel, which knows from quiet
 * and loglevel= what the user wants to see; text that must be seen in any case, such as a prompt,
 * is the business of init/console.
 *
 * Nothing here allocates: running out of memory is among the things that get logged.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/printable.h"

#define RING_LINES 32

static struct {
	const char *name;
	bool debug;
	int kmsg_fd;
	char ring[RING_LINES][LOG_MESSAGE_MAX];
	unsigned int n_logged;
} log_state = { .name = "kindling", .kmsg_fd = -1 };

void log_set_name(const char *name)
{
	log_state.name = name;
}

void log_set_debug(bool enabled)
{
	log_state.debug = enabled;
}

int log_open_kmsg(void)
{
	/* Otherwise the kernel drops all but ten lines in five seconds. Since Linux 4.6. */
	(void)file_write_existing("/proc/sys/kernel/printk_devkmsg", "on\n");

	log_close_kmsg();
	log_state.kmsg_fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	return log_state.kmsg_fd < 0 ? -errno : 0;
}

void log_close_kmsg(void)
{
	log_state.kmsg_fd = safe_close(log_state.kmsg_fd);
}

static void write_kmsg(int level, const char *text)
{
	char record[LOG_MESSAGE_MAX + 64];
	int size;

	size = snprintf(record, sizeof(record), "<%d>%s: %s\n", LOG_DAEMON | level, log_state.name,
			text);
	(void)!write(log_state.kmsg_fd, record, MIN((size_t)size, sizeof(record) - 1));
}

static void keep_text(const char *text)
{
	char *line = log_state.ring[log_state.n_logged++ % RING_LINES];

	(void)snprintf(line, LOG_MESSAGE_MAX, "%s", text);
}

/* What a message quotes is not to be trusted with a terminal. */
static void write_standard_error(const char *text)
{
	char line[LOG_MESSAGE_MAX * 4], form[PRINTABLE_MAX];
	size_t size = 0, n;

	while ((n = printable_next(&text, form)) > 0 && size + n < sizeof(line)) {
		memcpy(line + size, form, n);
		size += n;
	}
	(void)dprintf(STDERR_FILENO, "%s: %.*s\n", log_state.name, (int)size, line);
}

static void log_text(int level, const char *text)
{
	/* Debug messages come in such numbers that they would push out what explains a failure. */
	if (level != LOG_DEBUG)
		keep_text(text);
	if (log_state.kmsg_fd >= 0)
		write_kmsg(level, text);
	else
		write_standard_error(text);
}

void log_message(int level, const char *format, ...)
{
	int saved_errno = errno;
	char text[LOG_MESSAGE_MAX];
	va_list args;

	if (level == LOG_DEBUG && !log_state.debug)
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	log_text(level, text);
	errno = saved_errno;
}

void log_note(const char *text)
{
	int saved_errno = errno;

	keep_text(text);
	log_text(LOG_DEBUG, text);
	errno = saved_errno;
}

int log_message_errno(int level, int error, const char *format, ...)
{
	int saved_errno = errno;
	char text[LOG_MESSAGE_MAX];
	va_list args;
	int size;

	if (level == LOG_DEBUG && !log_state.debug)
		return error;
	va_start(args, format);
	size = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (size >= 0 && (size_t)size < sizeof(text))
		(void)snprintf(text + size, sizeof(text) - (size_t)size, ": %s", strerror(-error));
	log_text(level, text);
	errno = saved_errno;
	return error;
}

void log_for_each_recent(void (*visit)(void *userdata, const char *line), void *userdata)
{
	unsigned int n = MIN(log_state.n_logged, RING_LINES);

	for (unsigned int i = log_state.n_logged - n; i != log_state.n_logged; i++)
		visit(userdata, log_state.ring[i % RING_LINES]);
}
