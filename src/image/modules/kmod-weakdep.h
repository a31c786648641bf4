/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/*
 * Calls @visit for each "weakdep NAME WORD…" of @text, which is that of modules.weakdep or of a
 * file of modprobe.d, with the name, dashes as underscores, and the words, and stops at its first
 * negative result, which is returned. @text is changed.
 */
int kmod_weakdep_parse(char *text,
		       int (*visit)(void *userdata, const char *name, const char *words),
		       void *userdata);
