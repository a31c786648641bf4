/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PSF_GLYPHS_MAX 512 /* the kernel takes no more, nor larger ones (drivers/tty/vt/vt.c) */
#define PSF_WIDTH_MAX  64
#define PSF_HEIGHT_MAX 128

/* A console font of version 1 or 2; its bytes are in the data that was parsed. */
struct psf {
	unsigned int version;
	unsigned int width, height; /* of a glyph, in pixels */
	unsigned int n_glyphs;
	size_t bytes_per_glyph;       /* rows from the top, each of whole bytes */
	const unsigned char *glyphs;  /* one after the other */
	const unsigned char *unicode; /* what the glyphs mean, NULL if the font does not say */
	size_t unicode_size;
};

/* @data stays referenced. 0, or -EBADMSG if it is no PSF font, or one that no kernel can show. */
int psf_parse(const void *data, size_t size, struct psf *ret_psf);

/* A character that @glyph is for. A negative errno ends the visit. */
typedef int (*psf_character_cb)(void *userdata, unsigned int glyph, uint32_t character);

/*
 * Visits all characters that the font has glyphs for, but for those of several code points, which
 * the console cannot compose. 0, what @callback returned, or -EBADMSG if the font's table is
 * damaged; then the ones before that have been visited.
 */
int psf_visit_characters(const struct psf *psf, psf_character_cb callback, void *userdata);
