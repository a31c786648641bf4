/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every glyph of a font, and every character that it is for. */
#include <errno.h>

#include "config/psf.h"
#include "fuzz.h"

static int check_character(void *userdata, unsigned int glyph, uint32_t character)
{
	const struct psf *psf = userdata;

	FUZZ_CHECK(glyph < psf->n_glyphs);
	FUZZ_CHECK(character <= 0x10ffff);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct psf psf;
	unsigned int sum = 0;
	int r = psf_parse(data, size, &psf);

	if (r < 0) {
		FUZZ_CHECK(r == -EBADMSG);
		return 0;
	}
	for (size_t i = 0; i < psf.n_glyphs * psf.bytes_per_glyph; i++)
		sum += psf.glyphs[i];
	FUZZ_CHECK(sum <= PSF_GLYPHS_MAX * PSF_HEIGHT_MAX * PSF_WIDTH_MAX / 8 * UINT8_MAX);
	r = psf_visit_characters(&psf, check_character, &psf);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	return 0;
}
