/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"

/*
 * Growing string, always terminated. A zeroed strbuf is empty and valid. A failed allocation is
 * remembered: appending goes on harmlessly, and strbuf_steal() reports it once at the end.
 */
struct strbuf {
	char *data; /* NULL while empty */
	size_t size;
	size_t allocated;
	bool failed;
};

#define _cleanup_strbuf_ __attribute__((cleanup(strbuf_done)))

void strbuf_append(struct strbuf *buf, const char *string);
void strbuf_append_bytes(struct strbuf *buf, const void *bytes, size_t size);
void strbuf_printf(struct strbuf *buf, const char *format, ...) _printf_(2, 3);

/* The content so far, "" when empty; valid until the next call. */
const char *strbuf_string(const struct strbuf *buf);

/* Moves the content out; the caller frees it. NULL if any allocation failed. */
char *strbuf_steal(struct strbuf *buf);

void strbuf_done(struct strbuf *buf);
