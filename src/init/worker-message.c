/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/worker-message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

size_t worker_message_size(const struct worker_message *message)
{
	return offsetof(struct worker_message, strings) + message->strings_size;
}

void worker_message_init(struct worker_message *message, int32_t code, uint64_t number)
{
	message->code = code;
	message->number = number;
	message->strings_size = 0;
}

int worker_message_add(struct worker_message *message, const char *string)
{
	size_t size = strlen(string) + 1;

	if (size > sizeof(message->strings) - message->strings_size)
		return -EMSGSIZE;
	memcpy(message->strings + message->strings_size, string, size);
	message->strings_size += (uint32_t)size;
	return 0;
}

int worker_message_fail(struct worker_message *message, int error, const char *format, ...)
{
	char sentence[LOG_MESSAGE_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	worker_message_init(message, 0, 0);
	(void)worker_message_add(message, sentence);
	return error;
}

const char *worker_message_get(const struct worker_message *message, unsigned int index)
{
	const char *string = message->strings, *end = message->strings + message->strings_size;

	for (; string < end; string += strlen(string) + 1)
		if (index-- == 0)
			return string;
	return "";
}

int worker_message_validate(const struct worker_message *message, size_t size)
{
	if (size < offsetof(struct worker_message, strings) ||
	    message->strings_size > sizeof(message->strings) ||
	    size != worker_message_size(message))
		return -EBADMSG;
	if (message->strings_size > 0 && message->strings[message->strings_size - 1] != '\0')
		return -EBADMSG;
	return 0;
}
