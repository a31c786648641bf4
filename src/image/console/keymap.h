/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "config/vconsole.h"
#include "image/tree/sysroot.h"

/*
 * Both append a compiled keymap to @content. 0, -ENOMEM, or another negative errno and in @why,
 * NULL or the caller's to free, the end of a sentence that says what went wrong.
 */

/* The keymap that is called @name or is the file @name. */
int keymap_make(const struct sysroot *sysroot, const char *name, struct strbuf *content,
		char **ret_why);

/*
 * That of a system which is configured like this, and in @ret_name, the caller's to free, what to
 * call it: also after an error. Nothing, and NULL, if it is configured for none.
 */
int keymap_make_configured(const struct sysroot *sysroot, const struct vconsole *config,
			   struct strbuf *content, char **ret_name, char **ret_why);
