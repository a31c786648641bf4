/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/kmod-context.h"

#include "config.h"

#if HAVE_LIBKMOD
#include <libkmod.h>
#include <stdio.h>
#include <stdlib.h>
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

/*
 * kmod_new() reads modprobe.d and complains of it before it can be told where to: all that holds it
 * back is this variable. A line that is of no use has been shown to the user by modprobe(8) and
 * whoever made the image; at boot nothing can be done about it.
 */
static struct kmod_ctx *new_silently(const char *const *configuration)
{
	struct kmod_ctx *ctx;

	(void)setenv("KMOD_LOG", "0", 1);
	ctx = kmod_new(NULL, configuration);
	(void)unsetenv("KMOD_LOG");
	return ctx;
}

struct kmod_ctx *kmod_context_new(const char *const *configuration)
{
	struct kmod_ctx *ctx = new_silently(configuration);

	if (ctx) {
		kmod_set_log_fn(ctx, on_kmod_message, NULL);
		kmod_set_log_priority(ctx, LOG_ERR);
	}
	return ctx;
}
#endif
