/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The order in which an image is judged, and where the sentences are kept. */
#include "image/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "kindling/image-layout.h"

#define MODULES_DIR "/lib/modules"

/* What an image must tell us of itself; modules and firmware are judged by their being there. */
#define SIZE_OF_PROGRAMS_MAX (64 * 1024 * 1024)

static int _printf_(2, 0) add_sentence(struct vec *sentences, const char *format, va_list args)
{
	char *text;
	int r;

	if (vasprintf(&text, format, args) < 0)
		return -ENOMEM;
	r = vec_push(sentences, text);
	if (r < 0)
		free(text);
	return r;
}

int verification_complain(struct verification *verification, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(&verification->complaints, format, args);
	va_end(args);
	return r;
}

int verification_note(struct verification *verification, const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = add_sentence(&verification->notes, format, args);
	va_end(args);
	return r;
}
