/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The screen of the virtual terminals: UTF-8, the font, and which of its glyphs are for which
 * characters. All of it waits for the kernel's console lock, which is held while messages go out
 * over a slow serial line and while a graphics driver sets its first mode: seconds. So it is
 * a worker that waits.
 */
#include "init/worker.h"

#include <errno.h>
#include <linux/kd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "config/psf.h"
#include "init/worker-terminal.h"

#define FONT_SIZE_MAX (4 << 20)
#define PAIRS_MAX     UINT16_MAX /* what struct unimapdesc can count */

#define PLAIN_ROWS 32 /* that a glyph takes in the ioctl's buffer, be it lower or not */

#ifndef KD_FONT_OP_SET_TALL
#define KD_FONT_OP_SET_TALL 4 /* with as many rows as the glyph has; since Linux 6.2 */
#endif

static const char utf8_on[] = "\033%G", utf8_off[] = "\033%@"; /* console_codes(4) */

struct screen {
	bool is_unicode;
	struct console_font_op font; /* no data if there is none to set */
	struct unimapdesc meaning;   /* no entries if the font does not tell */
};

/* The glyphs as the kernel takes them: 256 or 512, of as many rows each. */
static int lay_out_glyphs(const struct psf *psf, struct console_font_op *font)
{
	size_t rows = MAX(psf->height, (unsigned int)PLAIN_ROWS);
	size_t glyph_size = rows * ((psf->width + 7) / 8);

	font->op = psf->height > PLAIN_ROWS ? KD_FONT_OP_SET_TALL : KD_FONT_OP_SET;
	font->width = psf->width;
	font->height = psf->height;
	font->charcount = psf->n_glyphs > 256 ? 512 : 256;
	font->data = calloc(font->charcount, glyph_size);
	if (!font->data)
		return -ENOMEM;
	for (unsigned int i = 0; i < psf->n_glyphs; i++)
		memcpy(font->data + i * glyph_size, psf->glyphs + i * psf->bytes_per_glyph,
		       psf->bytes_per_glyph);
	return 0;
}

static int add_pair(void *userdata, unsigned int glyph, uint32_t character)
{
	struct unimapdesc *meaning = userdata;

	if (character > UINT16_MAX || meaning->entry_ct == PAIRS_MAX)
		return 0;
	meaning->entries[meaning->entry_ct++] = (struct unipair){
		.unicode = (unsigned short)character,
		.fontpos = (unsigned short)glyph,
	};
	return 0;
}

static int read_font(const char *path, struct screen *screen)
{
	_cleanup_free_ char *data = NULL;
	struct psf psf;
	size_t size;
	int r;

	r = file_read(path, FONT_SIZE_MAX, &data, &size);
	if (r >= 0)
		r = psf_parse(data, size, &psf);
	if (r >= 0)
		r = lay_out_glyphs(&psf, &screen->font);
	if (r < 0)
		return r;
	screen->meaning.entries = calloc(PAIRS_MAX, sizeof(struct unipair));
	return screen->meaning.entries ? psf_visit_characters(&psf, add_pair, &screen->meaning)
				       : -ENOMEM;
}

static int set_font(struct screen *screen, int fd)
{
	struct unimapinit init = { 0 };

	if (ioctl(fd, KDFONTOP, &screen->font) < 0)
		return -errno;
	if (screen->meaning.entry_ct == 0)
		return 0;
	if (ioctl(fd, PIO_UNIMAPCLR, &init) < 0 || ioctl(fd, PIO_UNIMAP, &screen->meaning) < 0)
		return -errno;
	return 0;
}

static int set_screen(void *userdata, int fd)
{
	struct screen *screen = userdata;
	const char *utf8 = screen->is_unicode ? utf8_on : utf8_off;
	int r = file_write_fd(fd, utf8, strlen(utf8));

	return r < 0 || !screen->font.data ? r : set_font(screen, fd);
}

int worker_set_screen(const struct worker_message *request, struct worker_message *reply)
{
	struct screen screen = { .is_unicode = request->number };
	const char *path = worker_message_get(request, 0);
	int r = *path ? read_font(path, &screen) : 0;

	if (r < 0) {
		(void)worker_message_fail(reply, r, "cannot read it");
	} else {
		r = terminals_visit(worker_message_get(request, 1), set_screen, &screen);
		if (r < 0)
			(void)worker_message_fail(reply, r, "the screen does not take it");
	}
	free(screen.font.data);
	free(screen.meaning.entries);
	return r;
}
