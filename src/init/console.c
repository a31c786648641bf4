/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which consoles exist and what state their terminals are in. The kernel lists those that it
 * writes to in /sys/class/tty/console/active; /dev/console would be only the last of them.
 *
 * A serial line may be slow, or stopped by flow control for ever. So the terminals are opened
 * without blocking, and each console has a buffer for what it has not taken yet.
 */
#include "init/console.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kd.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/list.h"
#include "base/log.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "init/loop.h"

#define PENDING_BYTES_MAX ((size_t)256 << 10)

struct consoles {
	struct loop *loop;
	struct list list;
	unsigned int n_consoles;
	struct strbuf terminals;
	const char *prompt;
	char *keymap;
	console_input_cb on_input;
	void *input_userdata;
};

struct console {
	struct consoles *consoles;
	struct list link;
	unsigned int number;
	char path[64];
	int fd;
	struct termios original;
	bool is_raw, is_terminal;
	struct loop_fd *reader, *writer;
	struct strbuf pending;
};

static void on_writable(void *userdata);

/* Writes as much of the buffer as the console takes. */
static void flush(struct console *console)
{
	struct strbuf *pending = &console->pending;
	ssize_t n;

	if (pending->size == 0)
		return;
	n = write(console->fd, pending->data, pending->size);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		n = (ssize_t)pending->size; /* hung up: nobody will ever read it */
	if (n > 0) {
		memmove(pending->data, pending->data + n, pending->size - (size_t)n + 1);
		pending->size -= (size_t)n;
	}
}

static void write_console(struct console *console, const char *text)
{
	struct strbuf *pending = &console->pending;

	if (pending->failed)
		strbuf_done(pending);
	strbuf_append_bytes(pending, text, MIN(strlen(text), PENDING_BYTES_MAX - pending->size));
	flush(console);
	if (console->pending.size > 0 && !console->writer)
		(void)loop_fd_new(console->consoles->loop, console->fd, LOOP_WRITE, on_writable,
				  console, &console->writer);
}

static void write_prompt(struct console *console)
{
	const char *keymap = console->is_terminal ? console->consoles->keymap : NULL;

	if (keymap)
		write_console(console, keymap);
	write_console(console, console->consoles->prompt);
}

static void on_writable(void *userdata)
{
	struct console *console = userdata;

	flush(console);
	if (console->pending.size == 0)
		console->writer = loop_fd_free(console->writer);
}

static void on_readable(void *userdata)
{
	struct console *console = userdata;
	struct consoles *consoles = console->consoles;
	char bytes[256];
	ssize_t n;

	n = read(console->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		log_debug("a console was hung up, not reading from it any more");
		console->reader = loop_fd_free(console->reader);
		return;
	}
	consoles->on_input(consoles->input_userdata, console->number, bytes, (size_t)n);
	/* It may have been a passphrase. */
	explicit_bzero(bytes, sizeof(bytes));
}

/* Echo and line editing off, signals off: every key is a byte that we get. */
static void make_raw(struct console *console)
{
	struct termios raw = console->original;

	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ICANON | ISIG | IEXTEN);
	raw.c_iflag &= ~(tcflag_t)(IXON | IXOFF | ISTRIP);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(console->fd, TCSANOW, &raw) < 0)
		log_warn_errno(-errno, "cannot turn off a console's echo, what is typed may show");
	(void)tcflush(console->fd, TCIFLUSH);
	console->is_raw = true;
}

static void restore(struct console *console)
{
	if (!console->is_raw)
		return;
	(void)tcflush(console->fd, TCIFLUSH);
	(void)tcsetattr(console->fd, TCSANOW, &console->original);
	console->is_raw = false;
}

static struct console *console_free(struct console *console)
{
	restore(console);
	console->reader = loop_fd_free(console->reader);
	console->writer = loop_fd_free(console->writer);
	console->fd = safe_close(console->fd);
	strbuf_done(&console->pending);
	list_remove(&console->link);
	free(console);
	return NULL;
}

static bool is_terminal(int fd)
{
	char type;

	return ioctl(fd, KDGKBTYPE, &type) == 0;
}

/* The fd, or -1 if it cannot be used. */
static int open_path(const char *path, struct termios *ret_original)
{
	_cleanup_close_ int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	/* The kernel also lists consoles whose hardware is missing: EIO at the first use. */
	if (fd < 0 || tcgetattr(fd, ret_original) < 0) {
		log_debug_errno(-errno, "cannot use %s, going on without it", path);
		return -1;
	}
	return TAKE_FD(fd);
}

static void open_console(struct consoles *consoles, const char *name)
{
	struct console *console = calloc(1, sizeof(*console));

	if (!console)
		return;
	if (snprintf(console->path, sizeof(console->path), "/dev/%s", name) >=
	    (int)sizeof(console->path)) {
		free(console);
		return;
	}
	console->fd = open_path(console->path, &console->original);
	if (console->fd < 0) {
		free(console);
		return;
	}
	console->consoles = consoles;
	console->number = consoles->n_consoles++;
	console->is_terminal = is_terminal(console->fd);
	if (console->is_terminal)
		strbuf_printf(&consoles->terminals, "%s%s", consoles->terminals.size ? " " : "",
			      name);
	list_append(&consoles->list, &console->link);
}

int consoles_new(struct loop *loop, struct consoles **ret_consoles)
{
	struct consoles *consoles = calloc(1, sizeof(*consoles));
	char active[256], *next = active, *name;

	if (!consoles)
		return -ENOMEM;
	consoles->loop = loop;
	list_init(&consoles->list);
	if (file_read_attribute(AT_FDCWD, "/sys/class/tty/console/active", active,
				sizeof(active)) <= 0)
		(void)strcpy(active, "console");
	while ((name = strsep(&next, " ")))
		if (*name)
			open_console(consoles, name);
	*ret_consoles = consoles;
	return 0;
}

struct consoles *consoles_free(struct consoles *consoles)
{
	struct console *console, *following;

	if (consoles) {
		list_for_each_safe(console, following, &consoles->list, link)
			console_free(console);
		strbuf_done(&consoles->terminals);
		free(consoles->keymap);
		free(consoles);
	}
	return NULL;
}

const char *consoles_get_terminals(const struct consoles *consoles)
{
	return strbuf_string(&consoles->terminals);
}

void consoles_set_keymap(struct consoles *consoles, const char *name)
{
	free(consoles->keymap);
	consoles->keymap = name ? str_format("[%s] ", name) : NULL;
}

void consoles_reopen(struct consoles *consoles)
{
	struct console *console, *following;

	consoles->n_consoles = 0;
	list_for_each_safe(console, following, &consoles->list, link) {
		console->reader = loop_fd_free(console->reader);
		console->writer = loop_fd_free(console->writer);
		console->fd = safe_close(console->fd);
		console->fd = open_path(console->path, &console->original);
		console->is_raw = false;
		if (console->fd >= 0)
			console->number = consoles->n_consoles++;
		else
			console_free(console);
	}
}

unsigned int consoles_count(const struct consoles *consoles)
{
	return consoles->n_consoles;
}

void consoles_print(struct consoles *consoles, const char *text)
{
	struct console *console;

	list_for_each(console, &consoles->list, link) {
		if (consoles->prompt)
			write_console(console, "\r\033[K");
		write_console(console, text);
		if (consoles->prompt)
			write_prompt(console);
	}
}

void consoles_say(struct consoles *consoles, const char *format, ...)
{
	char text[LOG_MESSAGE_MAX], line[LOG_MESSAGE_MAX + 16];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (list_is_empty(&consoles->list)) {
		log_err("%s", text);
		return;
	}
	log_note(text);
	(void)snprintf(line, sizeof(line), "kindling: %s\n", text);
	consoles_print(consoles, line);
}

void consoles_set_prompt(struct consoles *consoles, const char *text)
{
	bool is_over = consoles->prompt && !text;
	struct console *console;

	consoles->prompt = text;
	list_for_each(console, &consoles->list, link) {
		if (text)
			write_prompt(console);
		else if (is_over)
			write_console(console, "\n");
	}
}

void consoles_set_input(struct consoles *consoles, console_input_cb callback, void *userdata)
{
	struct console *console;

	consoles->on_input = callback;
	consoles->input_userdata = userdata;
	list_for_each(console, &consoles->list, link) {
		console->reader = loop_fd_free(console->reader);
		if (!callback) {
			restore(console);
			continue;
		}
		make_raw(console);
		if (loop_fd_new(consoles->loop, console->fd, LOOP_READ, on_readable, console,
				&console->reader) < 0)
			log_warn("no memory to read from a console, going on with the others");
	}
}

void consoles_drain(struct consoles *consoles, int timeout_msec)
{
	struct console *console;

	list_for_each(console, &consoles->list, link) {
		struct pollfd writable = { .fd = console->fd, .events = POLLOUT };

		while (console->pending.size > 0 && poll(&writable, 1, timeout_msec) > 0)
			flush(console);
		/* What the terminal has taken is not yet on the wire. */
		if (console->pending.size == 0)
			(void)usleep(20000);
	}
}
