/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A vconsole.conf or one of its like; nothing that it says is empty, or goes over a line. */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "config/vconsole.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size);
	struct vconsole vconsole = { 0 };
	struct vec warnings = { 0 };

	FUZZ_CHECK(vconsole_parse(text, "the input", &vconsole, &warnings) == 0);
	const char *const values[] = {
		vconsole.keymap,     vconsole.keymap_toggle, vconsole.font,
		vconsole.font_map,   vconsole.font_unimap,   vconsole.xkb_model,
		vconsole.xkb_layout, vconsole.xkb_variant,   vconsole.xkb_options,
		vconsole.charmap,    vconsole.codeset,       vconsole.font_face,
		vconsole.font_size,
	};
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		FUZZ_CHECK(!values[i] || (*values[i] && !strchr(values[i], '\n')));
	vconsole_done(&vconsole);
	vec_done(&warnings, free);
	return 0;
}
