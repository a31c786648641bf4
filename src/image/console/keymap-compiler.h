/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"
#include "config/vconsole.h"

/*
 * Compiles keymaps, with loadkeys(1): the files @path and, if it is not NULL, @toggle, which adds
 * to it. Appends to @compiled what config/bkeymap.h reads.
 *
 * 0, -ENOMEM, or another negative errno and in @why, the caller's to free, a sentence's end that
 * says what went wrong.
 */
int keymap_compile(const char *path, const char *toggle, struct strbuf *compiled, char **ret_why);

/* The same for a keyboard in words of XKB, which ckbcomp(1) makes a keymap of. */
int keymap_compile_xkb(const struct vconsole *keyboard, struct strbuf *compiled, char **ret_why);
