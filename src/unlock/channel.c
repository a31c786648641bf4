/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/channel.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "unlock/complaint.h"

#define MESSAGE_FD 3

static void send_message(struct unlock_message *message, const char *text)
{
	(void)snprintf(message->text, sizeof(message->text), "%s", text);
	(void)send(MESSAGE_FD, message, sizeof(*message), MSG_NOSIGNAL);
}

int channel_send(enum unlock_message_type type, int result, const char *text)
{
	struct unlock_message message = { .type = type, .result = result };

	send_message(&message, text);
	return result;
}

void channel_send_header_read(const char *modules, uint64_t memory_kib)
{
	struct unlock_message message = { .type = UNLOCK_HEADER_READ, .memory_kib = memory_kib };

	send_message(&message, modules);
}

int channel_send_failure(int result, const char *format, ...)
{
	char text[sizeof(((struct unlock_message *)0)->text)];
	const char *complaint = complaint_last();
	size_t size;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	size = strlen(text);
	(void)snprintf(text + size, sizeof(text) - size, ": %s",
		       complaint ? complaint : strerror(-result));
	return channel_send(UNLOCK_RESULT, result, text);
}

/* 1 if all of it came, 0 if the input has ended, or negative errno. */
static int read_exactly(void *buf, size_t size)
{
	ssize_t n = file_read_fd(STDIN_FILENO, buf, size);

	return n < 0 ? (int)n : n == (ssize_t)size;
}

int channel_read_request(enum unlock_request_type *ret_type, struct secret *ret_content)
{
	struct unlock_request_header header;
	int r;

	r = read_exactly(&header, sizeof(header));
	if (r <= 0)
		return r;
	if (header.size > sizeof(ret_content->bytes))
		return -EMSGSIZE;
	r = header.size > 0 ? read_exactly(ret_content->bytes, header.size) : 1;
	if (r <= 0)
		return r;
	ret_content->size = header.size;
	*ret_type = header.type;
	return 1;
}
