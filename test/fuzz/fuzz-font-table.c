/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A font with a table of characters out of any text, which is one that can be read again. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "image/console/font-table.h"

static int ignore(void *userdata, unsigned int glyph, uint32_t character)
{
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char glyphs[PSF_GLYPHS_MAX];
	const struct psf old = {
		.width = 8,
		.height = 1,
		.n_glyphs = PSF_GLYPHS_MAX,
		.bytes_per_glyph = 1,
		.glyphs = glyphs,
	};
	char *text = malloc(size + 1);
	struct strbuf content = { 0 };
	unsigned int line;
	struct psf font;
	int r;

	memcpy(text, data, size);
	text[size] = '\0';
	r = font_table_replace(&old, text, &content, &line);
	FUZZ_CHECK(r == 0 || r == -EBADMSG);
	if (r == 0) {
		FUZZ_CHECK(psf_parse(content.data, content.size, &font) == 0);
		FUZZ_CHECK(psf_visit_characters(&font, ignore, NULL) == 0);
	}
	strbuf_done(&content);
	free(text);
	return 0;
}
