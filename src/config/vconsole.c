/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/vconsole.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"
#include "base/str.h"
#include "config/shell-assignments.h"
#include "config/warnings.h"

#define ROW(name, member)                               \
	{                                               \
		name, offsetof(struct vconsole, member) \
	}

/* The names of vconsole.conf first; then Debian's, Gentoo's, and those of old Red Hat systems. */
static const struct {
	const char *name;
	size_t offset;
} settings[] = {
	ROW("KEYMAP", keymap),
	ROW("KEYMAP_TOGGLE", keymap_toggle),
	ROW("FONT", font),
	ROW("FONT_MAP", font_map),
	ROW("FONT_UNIMAP", font_unimap),
	ROW("XKBMODEL", xkb_model),
	ROW("XKBLAYOUT", xkb_layout),
	ROW("XKBVARIANT", xkb_variant),
	ROW("XKBOPTIONS", xkb_options),

	ROW("CHARMAP", charmap),
	ROW("CODESET", codeset),
	ROW("FONTFACE", font_face),
	ROW("FONTSIZE", font_size),

	ROW("keymap", keymap),
	ROW("consolefont", font),
	ROW("consoletranslation", font_map),
	ROW("unicodemap", font_unimap),

	ROW("KEYTABLE", keymap),
	ROW("SYSFONT", font),
	ROW("CONTRANS", font_map),
	ROW("UNIMAP", font_unimap),
};

struct reader {
	struct vconsole *vconsole;
	const char *file;
	struct vec *warnings;
};

static int set_unicode(struct reader *reader, unsigned int line, const char *value)
{
	int r = str_parse_bool(value);

	if (r < 0)
		return warnings_add(reader->warnings,
				    "line %u of %s: UNICODE=%s is neither yes nor no, ignoring it",
				    line, reader->file, value);
	reader->vconsole->unicode = r ? VCONSOLE_UNICODE_YES : VCONSOLE_UNICODE_NO;
	return 0;
}

static int complain(struct reader *reader, unsigned int line, const char *name, const char *problem)
{
	return warnings_add(reader->warnings, "line %u of %s: %s %s, ignoring it", line,
			    reader->file, name, problem);
}

static int on_assignment(void *userdata, unsigned int line, const char *name, const char *value,
			 const char *problem)
{
	struct reader *reader = userdata;

	if (strcasecmp(name, "UNICODE") == 0)
		return value ? set_unicode(reader, line, value)
			     : complain(reader, line, name, problem);
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		void *field = (char *)reader->vconsole + settings[i].offset;

		if (!str_equal(name, settings[i].name))
			continue;
		return value ? str_assign(field, *value ? value : NULL)
			     : complain(reader, line, name, problem);
	}
	return 0;
}

int vconsole_parse(const char *text, const char *file, struct vconsole *vconsole,
		   struct vec *warnings)
{
	struct reader reader = { vconsole, file, warnings };

	return shell_assignments_parse(text, on_assignment, &reader);
}

void vconsole_done(struct vconsole *vconsole)
{
	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		char **field = (void *)((char *)vconsole + settings[i].offset);

		free(*field);
		*field = NULL;
	}
	*vconsole = (struct vconsole){ 0 };
}
