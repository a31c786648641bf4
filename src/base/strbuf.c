/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for @extra bytes and the terminator. */
static bool strbuf_reserve(struct strbuf *buf, size_t extra)
{
	size_t need = buf->size + extra + 1;

	if (buf->failed)
		return false;
	if (need > buf->allocated) {
		size_t larger = MAX(need, buf->allocated * 2);
		char *data = realloc(buf->data, larger);

		if (!data) {
			buf->failed = true;
			return false;
		}
		buf->data = data;
		buf->allocated = larger;
	}
	return true;
}

void strbuf_append_bytes(struct strbuf *buf, const void *bytes, size_t size)
{
	if (!strbuf_reserve(buf, size))
		return;
	if (size > 0)
		memcpy(buf->data + buf->size, bytes, size);
	buf->size += size;
	buf->data[buf->size] = '\0';
}

void strbuf_append(struct strbuf *buf, const char *string)
{
	strbuf_append_bytes(buf, string, strlen(string));
}

void strbuf_printf(struct strbuf *buf, const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (size < 0 || !strbuf_reserve(buf, (size_t)size))
		return;
	va_start(args, format);
	(void)vsnprintf(buf->data + buf->size, (size_t)size + 1, format, args);
	va_end(args);
	buf->size += (size_t)size;
}

const char *strbuf_string(const struct strbuf *buf)
{
	return buf->data ? buf->data : "";
}

char *strbuf_steal(struct strbuf *buf)
{
	char *data;

	if (!strbuf_reserve(buf, 0))
		return NULL;
	buf->data[buf->size] = '\0';
	data = buf->data;
	*buf = (struct strbuf){ 0 };
	return data;
}

void strbuf_done(struct strbuf *buf)
{
	free(buf->data);
	*buf = (struct strbuf){ 0 };
}
