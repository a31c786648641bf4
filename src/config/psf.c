/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PC screen fonts. Version 1 is 8 pixels wide, and tells what its glyphs mean in 16-bit numbers;
 * version 2 tells its measures, and the meaning in UTF-8. All numbers are little-endian.
 */
#include "config/psf.h"

#include <errno.h>
#include <string.h>

#include "base/utf8.h"

#define PSF1_MAGIC      0x0436
#define PSF1_HEADER     4
#define PSF1_512_GLYPHS 0x01 /* bits of its mode */
#define PSF1_HAS_TABLE  0x02
#define PSF1_HAS_SEQ    0x04
#define PSF1_SEQUENCE   0xfffe
#define PSF1_END        0xffff

#define PSF2_MAGIC     0x864ab572
#define PSF2_HEADER    32
#define PSF2_HAS_TABLE 0x01 /* bit of its flags */
#define PSF2_SEQUENCE  0xfe /* neither is a byte of UTF-8 */
#define PSF2_END       0xff

static uint16_t get_u16(const unsigned char *at)
{
	return (uint16_t)(at[0] | at[1] << 8);
}

static uint32_t get_u32(const unsigned char *at)
{
	return get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

/* Where the glyphs are and where they end. */
static int place(struct psf *psf, const unsigned char *data, size_t size, size_t header_size,
		 bool has_table)
{
	if (psf->n_glyphs < 1 || psf->n_glyphs > PSF_GLYPHS_MAX || psf->width < 1 ||
	    psf->width > PSF_WIDTH_MAX || psf->height < 1 || psf->height > PSF_HEIGHT_MAX)
		return -EBADMSG;
	psf->bytes_per_glyph = (size_t)psf->height * ((psf->width + 7) / 8);
	if (header_size > size || psf->n_glyphs * psf->bytes_per_glyph > size - header_size)
		return -EBADMSG;
	psf->glyphs = data + header_size;
	if (has_table) {
		psf->unicode = psf->glyphs + psf->n_glyphs * psf->bytes_per_glyph;
		psf->unicode_size = (size_t)(data + size - psf->unicode);
	}
	return 0;
}

static int parse_version_1(const unsigned char *data, size_t size, struct psf *psf)
{
	unsigned int mode = data[2];

	psf->version = 1;
	psf->width = 8;
	psf->height = data[3];
	psf->n_glyphs = mode & PSF1_512_GLYPHS ? 512 : 256;
	return place(psf, data, size, PSF1_HEADER, mode & (PSF1_HAS_TABLE | PSF1_HAS_SEQ));
}

/* After the magic number: version, size of the header, flags, number and size of glyphs, height,
 * width. */
static int parse_version_2(const unsigned char *data, size_t size, struct psf *psf)
{
	size_t header_size = get_u32(data + 8);
	int r;

	if (get_u32(data + 4) != 0 || header_size < PSF2_HEADER)
		return -EBADMSG;
	psf->version = 2;
	psf->n_glyphs = get_u32(data + 16);
	psf->height = get_u32(data + 24);
	psf->width = get_u32(data + 28);
	r = place(psf, data, size, header_size, get_u32(data + 12) & PSF2_HAS_TABLE);
	return r >= 0 && get_u32(data + 20) != psf->bytes_per_glyph ? -EBADMSG : r;
}

int psf_parse(const void *data, size_t size, struct psf *ret_psf)
{
	struct psf psf = { 0 };
	int r = -EBADMSG;

	if (size >= PSF1_HEADER && get_u16(data) == PSF1_MAGIC)
		r = parse_version_1(data, size, &psf);
	else if (size >= PSF2_HEADER && get_u32(data) == PSF2_MAGIC)
		r = parse_version_2(data, size, &psf);
	if (r >= 0)
		*ret_psf = psf;
	return r;
}

static int visit_version_1(const struct psf *psf, psf_character_cb callback, void *userdata)
{
	const unsigned char *next = psf->unicode, *end = next + psf->unicode_size;

	for (unsigned int glyph = 0; glyph < psf->n_glyphs; glyph++) {
		bool in_sequence = false;
		uint16_t value;
		int r;

		for (;; next += 2) {
			if (end - next < 2)
				return -EBADMSG;
			value = get_u16(next);
			if (value == PSF1_END)
				break;
			in_sequence = in_sequence || value == PSF1_SEQUENCE;
			r = in_sequence ? 0 : callback(userdata, glyph, value);
			if (r < 0)
				return r;
		}
		next += 2;
	}
	return 0;
}

/* The characters of one glyph, up to a sequence or to @end, where PSF2_END is. */
static int visit_utf8(const unsigned char *next, const unsigned char *end, unsigned int glyph,
		      psf_character_cb callback, void *userdata)
{
	while (next < end && *next != PSF2_SEQUENCE) {
		uint32_t character;
		/* It ends at the latest at PSF2_END, which continues no character. */
		size_t size = utf8_decode((const char *)next, &character);
		int r = size > 0 ? callback(userdata, glyph, character) : -EBADMSG;

		if (r < 0)
			return r;
		next += size;
	}
	return 0;
}

static int visit_version_2(const struct psf *psf, psf_character_cb callback, void *userdata)
{
	const unsigned char *next = psf->unicode, *end = next + psf->unicode_size;

	for (unsigned int glyph = 0; glyph < psf->n_glyphs; glyph++) {
		const unsigned char *stop = memchr(next, PSF2_END, (size_t)(end - next));
		int r = stop ? visit_utf8(next, stop, glyph, callback, userdata) : -EBADMSG;

		if (r < 0)
			return r;
		next = stop + 1;
	}
	return 0;
}

int psf_visit_characters(const struct psf *psf, psf_character_cb callback, void *userdata)
{
	if (!psf->unicode)
		return 0;
	return psf->version == 1 ? visit_version_1(psf, callback, userdata)
				 : visit_version_2(psf, callback, userdata);
}
