/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/kmod-context.h"

#include "config.h"

#if HAVE_LIBKMOD
#include <libkmod.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"

/*
 * libkmod complains of each dependency that the image lacks, to standard error if it is let. What
 * matters of it comes back as an error, and is told by who knows what it was wanted for.
 */
static void _printf_(6, 0) on_kmod_message(void *userdata, int priority, const char *file, int line,
					   const char *function, const char *format, va_list args)
{
	char text[LOG_MESSAGE_MAX];

	(void)vsnprintf(text, sizeof(text), format, args);
	log_debug("libkmod: %.*s", (int)strcspn(text, "\n"), text);
}

struct kmod_ctx *kmod_context_new(const char *const *configuration)
{
	struct kmod_ctx *ctx = kmod_new(NULL, configuration);

	if (ctx)
		kmod_set_log_fn(ctx, on_kmod_message, NULL);
	return ctx;
}
#endif
