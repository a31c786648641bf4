/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/warnings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int warnings_add(struct vec *warnings, const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int r;

	va_start(args, format);
	r = vasprintf(&text, format, args);
	va_end(args);
	if (r < 0)
		return -ENOMEM;
	r = vec_push(warnings, text);
	if (r < 0)
		free(text);
	return r;
}
