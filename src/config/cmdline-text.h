/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"

#define CMDLINE_TEXT_FILE "/etc/cmdline" /* words that an image brings, after its drop-ins */

/* Appends the lines of such a file, without those that are comments, for cmdline_parse(). */
void cmdline_text_append(struct strbuf *cmdline, const char *text);
