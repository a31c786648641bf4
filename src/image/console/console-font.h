/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "config/vconsole.h"
#include "image/tree/sysroot.h"

/*
 * Both append a PSF font, not compressed, to @content. Results are as those of
 * image/console/keymap.h.
 */

/* The font that is called @name or is the file @name. */
int console_font_make(const struct sysroot *sysroot, const char *name, struct strbuf *content,
		      char **ret_why);

/* That of a system which is configured like this, and what to call it. */
int console_font_make_configured(const struct sysroot *sysroot, const struct vconsole *config,
				 struct strbuf *content, char **ret_name, char **ret_why);
