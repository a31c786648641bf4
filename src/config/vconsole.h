/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"

enum vconsole_unicode {
	VCONSOLE_UNICODE_UNKNOWN,
	VCONSOLE_UNICODE_NO,
	VCONSOLE_UNICODE_YES,
};

/* Keyboard and font of the console. What nobody said is NULL; all zero is valid. */
struct vconsole {
	char *keymap, *keymap_toggle; /* names of console keymaps: "de-latin1" */
	char *font, *font_map, *font_unimap;
	char *xkb_model, *xkb_layout, *xkb_variant, *xkb_options;
	char *charmap, *codeset, *font_face, *font_size; /* of Debian's console-setup */
	enum vconsole_unicode unicode;
};

/*
 * Applies what @text, the content of @file, says: a vconsole.conf(5), Debian's
 * /etc/default/keyboard or console-setup, Gentoo's conf.d/keymaps or consolefont. What it does not
 * mention stays as it was in @vconsole; an empty value takes back an earlier one. What cannot be
 * understood becomes a sentence in @warnings. 0 or -ENOMEM.
 */
int vconsole_parse(const char *text, const char *file, struct vconsole *vconsole,
		   struct vec *warnings);

void vconsole_done(struct vconsole *vconsole);
