/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "config/psf.h"

/*
 * Appends @font to @content with another table of characters, that of @text, the content of a file
 * for loadunimap(8). 0, -ENOMEM, or -EBADMSG and in @ret_line the line that cannot be understood.
 */
int font_table_replace(const struct psf *font, const char *text, struct strbuf *content,
		       unsigned int *ret_line);
