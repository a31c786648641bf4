/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which consoles exist and what state their terminals are in. The kernel lists those that it
 * writes to in /sys/class/tty/console/active; /dev/console would be only the last of them.
 *
 * One whose driver is a module comes late. The kernel then notifies whoever polls that file
 * (console_sysfs_notify() in drivers/tty/tty_io.c). The terminal may be there since before that,
 * as for hvc0, or be made only afterwards, as for serial ports, and have an event of its own. Each
 * time, those that are listed and not open yet are opened, and join in with what is going on.
 * Virtual terminals never are late: their driver is no module.
 *
 * A serial line may be slow, or stopped by flow control for ever. So the terminals are opened
 * without blocking, and each console has a buffer for what it has not taken yet.
 *
 * They echo nothing from the moment that they are opened, and not only while somebody is asked: a
 * passphrase that is typed ahead, or again while the first one is checked, must not show either.
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
#include "base/utf8.h"
#include "init/loop.h"

#define DEVICES           "/dev/"
#define PENDING_BYTES_MAX ((size_t)256 << 10)
/* A terminal keeps 4096 bytes, as many reads as that takes, and a Control-D between any two. */
#define DISCARDED_READS_MAX 64

struct consoles {
	struct loop *loop;
	char *named;     /* by the command line, or NULL */
	char *attribute; /* the kernel's list */
	int attribute_fd;
	char active[256]; /* what it says */
	struct loop_fd *watch;
	consoles_opened_cb on_opened;
	void *opened_userdata;
	struct list list;
	unsigned int n_numbers; /* that were given to consoles */
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
	const char *typed; /* what is shown behind the prompt */
	size_t typed_size;
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

static void write_bytes(struct console *console, const char *bytes, size_t size)
{
	struct strbuf *pending = &console->pending;

	if (pending->failed)
		strbuf_done(pending);
	strbuf_append_bytes(pending, bytes, MIN(size, PENDING_BYTES_MAX - pending->size));
	flush(console);
	if (console->pending.size > 0 && !console->writer)
		(void)loop_fd_new(console->consoles->loop, console->fd, LOOP_WRITE, on_writable,
				  console, &console->writer);
}

static void write_console(struct console *console, const char *text)
{
	write_bytes(console, text, strlen(text));
}

static const char *keymap_of(const struct console *console)
{
	const char *keymap = console->is_terminal ? console->consoles->keymap : NULL;

	return keymap ? keymap : "";
}

static void write_prompt(struct console *console)
{
	write_console(console, keymap_of(console));
	write_console(console, console->consoles->prompt);
	write_bytes(console, console->typed, console->typed_size);
}

/* As if each character were as wide as all others. */
static size_t count_columns(const char *text, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += utf8_is_first_byte(text[i]);
	return n;
}

/* Over how many ends of rows the prompt goes, on a terminal that says how wide it is. */
static unsigned int count_wraps(const struct console *console)
{
	const char *keymap = keymap_of(console), *prompt = console->consoles->prompt;
	size_t n_columns = count_columns(keymap, strlen(keymap)) +
			   count_columns(prompt, strlen(prompt)) +
			   count_columns(console->typed, console->typed_size);
	struct winsize window;

	if (n_columns == 0 || ioctl(console->fd, TIOCGWINSZ, &window) < 0 || window.ws_col == 0)
		return 0;
	return (unsigned int)(n_columns - 1) / window.ws_col;
}

/* Goes back to where the prompt begins, and clears what is from there on. */
static void erase_prompt(struct console *console)
{
	unsigned int n_wraps = count_wraps(console);
	char text[32];

	(void)snprintf(text, sizeof(text), n_wraps > 0 ? "\r\033[%uA\033[J" : "\r\033[J", n_wraps);
	write_console(console, text);
}

static void on_writable(void *userdata)
{
	struct console *console = userdata;

	flush(console);
	if (console->pending.size == 0)
		console->writer = loop_fd_free(console->writer);
}

/*
 * Echo, line editing and signals off: every key is a byte that we get. EXTPROC has it so that
 * ICANON edits nothing, and yet the kernel wipes what it kept of a line when that is read
 * (zero_buffer() in drivers/tty/n_tty.c, since 4.20). Without ICANON it would keep a passphrase for
 * as long as the terminal is open.
 */
static void make_raw(struct console *console)
{
	struct termios raw = console->original;

	raw.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ISIG | IEXTEN);
	raw.c_lflag |= ICANON | EXTPROC;
	raw.c_iflag &= ~(tcflag_t)(IXON | IXOFF | ISTRIP);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	if (tcsetattr(console->fd, TCSANOW, &raw) < 0)
		log_warn_errno(-errno, "cannot turn off a console's echo, what is typed may show");
	console->is_raw = true;
}

/* Reading has the kernel wipe it, flushing has not; but only flushing has an end in any case. */
static void discard_input(const struct console *console)
{
	char bytes[256];

	for (unsigned int i = 0; i < DISCARDED_READS_MAX; i++)
		if (read(console->fd, bytes, sizeof(bytes)) <= 0)
			break;
	explicit_bzero(bytes, sizeof(bytes));
	(void)tcflush(console->fd, TCIFLUSH);
}

static void restore(struct console *console)
{
	if (!console->is_raw)
		return;
	discard_input(console);
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

static void on_readable(void *userdata)
{
	struct console *console = userdata;
	struct consoles *consoles = console->consoles;
	struct termios terminal;
	char bytes[256];
	ssize_t n;

	n = read(console->fd, bytes, sizeof(bytes));
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	/* A lone Control-D reads as an end, which it is not. */
	if (n == 0 && tcgetattr(console->fd, &terminal) == 0)
		return;
	if (n <= 0) {
		log_debug("%s was hung up, going on without it", console->path);
		console_free(console);
		return;
	}
	consoles->on_input(consoles->input_userdata, console->number, bytes, (size_t)n);
	/* It may have been a passphrase. */
	explicit_bzero(bytes, sizeof(bytes));
}

/* What was typed before is discarded. */
static void start_reading(struct console *console)
{
	discard_input(console);
	if (loop_fd_new(console->consoles->loop, console->fd, LOOP_READ, on_readable, console,
			&console->reader) < 0)
		log_warn("no memory to read from a console, going on with the others");
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

/* Whether there is one more. */
static bool open_console(struct consoles *consoles, const char *name)
{
	struct console *console = calloc(1, sizeof(*console));

	if (!console)
		return false;
	if (snprintf(console->path, sizeof(console->path), DEVICES "%s", name) >=
	    (int)sizeof(console->path)) {
		free(console);
		return false;
	}
	console->fd = open_path(console->path, &console->original);
	if (console->fd < 0) {
		free(console);
		return false;
	}
	console->consoles = consoles;
	console->typed = "";
	console->number = consoles->n_numbers++;
	console->is_terminal = is_terminal(console->fd);
	if (console->is_terminal)
		strbuf_printf(&consoles->terminals, "%s%s", consoles->terminals.size ? " " : "",
			      name);
	make_raw(console);
	list_append(&consoles->list, &console->link);
	if (consoles->on_input)
		start_reading(console);
	if (consoles->prompt)
		write_prompt(console);
	return true;
}

static bool is_open(const struct consoles *consoles, const char *name)
{
	const struct console *console;

	list_for_each(console, &consoles->list, link)
		if (str_equal(str_after_prefix(console->path, DEVICES), name))
			return true;
	return false;
}

/* Opens those that are listed and not open yet. Whether there is one more. */
static bool open_listed(struct consoles *consoles)
{
	char names[sizeof(consoles->active)], *next = names, *name;
	bool is_more = false;

	(void)strcpy(names, consoles->active);
	while ((name = strsep(&next, " ")))
		if (*name && !is_open(consoles, name))
			is_more |= open_console(consoles, name);
	return is_more;
}

static void read_list(struct consoles *consoles)
{
	/* Without sysfs there still is this name for one of them. */
	if (file_read_attribute(AT_FDCWD, consoles->attribute, consoles->active,
				sizeof(consoles->active)) < 0)
		(void)strcpy(consoles->active, "console");
}

void consoles_look_again(struct consoles *consoles)
{
	if (open_listed(consoles))
		consoles->on_opened(consoles->opened_userdata);
}

static void on_list_changed(void *userdata)
{
	struct consoles *consoles = userdata;

	read_list(consoles);
	consoles_look_again(consoles);
}

static void watch_list(struct consoles *consoles)
{
	consoles->attribute_fd = open(consoles->attribute, O_RDONLY | O_CLOEXEC);
	if (consoles->attribute_fd < 0 ||
	    loop_fd_new(consoles->loop, consoles->attribute_fd, LOOP_CHANGE, on_list_changed,
			consoles, &consoles->watch) < 0)
		log_warn("cannot watch %s, going on with the consoles that there are",
			 consoles->attribute);
}

int consoles_new(struct loop *loop, const char *sysfs, const char *named,
		 consoles_opened_cb on_opened, void *userdata, struct consoles **ret_consoles)
{
	struct consoles *consoles = calloc(1, sizeof(*consoles));

	if (!consoles)
		return -ENOMEM;
	consoles->loop = loop;
	consoles->attribute_fd = -1;
	consoles->on_opened = on_opened;
	consoles->opened_userdata = userdata;
	list_init(&consoles->list);
	consoles->attribute = str_format("%s/class/tty/console/active", sysfs);
	consoles->named = named ? strdup(named) : NULL;
	if (!consoles->attribute || (named && !consoles->named)) {
		(void)consoles_free(consoles);
		return -ENOMEM;
	}
	watch_list(consoles);
	read_list(consoles);
	(void)open_listed(consoles);
	*ret_consoles = consoles;
	return 0;
}

struct consoles *consoles_free(struct consoles *consoles)
{
	struct console *console, *following;

	if (consoles) {
		consoles->watch = loop_fd_free(consoles->watch);
		consoles->attribute_fd = safe_close(consoles->attribute_fd);
		list_for_each_safe(console, following, &consoles->list, link)
			console_free(console);
		strbuf_done(&consoles->terminals);
		free(consoles->attribute);
		free(consoles->named);
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

void consoles_lend(struct consoles *consoles)
{
	struct console *console;

	list_for_each(console, &consoles->list, link)
		restore(console);
}

void consoles_reopen(struct consoles *consoles)
{
	struct console *console, *following;

	list_for_each_safe(console, following, &consoles->list, link) {
		console->reader = loop_fd_free(console->reader);
		console->writer = loop_fd_free(console->writer);
		console->fd = safe_close(console->fd);
		console->fd = open_path(console->path, &console->original);
		console->is_raw = false;
		if (console->fd < 0)
			console_free(console);
		else
			make_raw(console);
	}
}

bool consoles_exist(const struct consoles *consoles)
{
	return !list_is_empty(&consoles->list);
}

const char *consoles_get_awaited(const struct consoles *consoles)
{
	return consoles_exist(consoles) ? NULL : consoles->named;
}

void consoles_print(struct consoles *consoles, const char *text)
{
	struct console *console;

	list_for_each(console, &consoles->list, link) {
		if (consoles->prompt)
			erase_prompt(console);
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
	if (!consoles_exist(consoles)) {
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
		console->typed = "";
		console->typed_size = 0;
		if (text)
			write_prompt(console);
		else if (is_over)
			write_console(console, "\n");
	}
}

static void set_typed(struct console *console, const char *text, size_t size)
{
	size_t old_size = console->typed_size;
	bool is_longer = size >= old_size && (text == console->typed || old_size == 0);

	if (!is_longer)
		erase_prompt(console);
	console->typed = text;
	console->typed_size = size;
	if (is_longer)
		write_bytes(console, text + old_size, size - old_size);
	else
		write_prompt(console);
}

void consoles_set_typed(struct consoles *consoles, unsigned int number, const char *text,
			size_t size)
{
	struct console *console;

	list_for_each(console, &consoles->list, link) {
		if (console->number == number && consoles->prompt)
			set_typed(console, text, size);
	}
}

void consoles_set_input(struct consoles *consoles, console_input_cb callback, void *userdata)
{
	struct console *console;

	consoles->on_input = callback;
	consoles->input_userdata = userdata;
	list_for_each(console, &consoles->list, link) {
		console->reader = loop_fd_free(console->reader);
		if (callback)
			start_reading(console);
		else
			discard_input(console);
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
