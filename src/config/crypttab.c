/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/crypttab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/lines.h"
#include "base/str.h"
#include "config/crypt-volume.h"
#include "config/fields.h"
#include "config/warnings.h"

/* The fields of a line; "" for those that are missing. */
struct line {
	const char *where; /* "line 3 of crypttab" */
	const char *name, *device, *key, *options;
};

/* What a keyscript gets is for it to understand. */
static int add_key(struct crypt_volume *volume, const struct line *line, struct vec *warnings)
{
	int r;

	if (volume->options.keyscript) {
		volume->key_argument = strdup(line->key);
		return volume->key_argument ? 0 : -ENOMEM;
	}
	r = key_source_parse(line->key, &volume->key);
	if (r == -EINVAL)
		return warnings_add(warnings,
				    "%s: the key file %s is no absolute path, going on without it",
				    line->where, line->key);
	return r;
}

static int fill_volume(struct crypt_volume *volume, const struct line *line, struct vec *warnings)
{
	int r;

	volume->name = strdup(line->name);
	if (!volume->name)
		return -ENOMEM;
	r = crypt_options_parse(line->options, line->where, &volume->options, warnings);
	return r < 0 ? r : add_key(volume, line, warnings);
}

static int add_volume(struct crypttab *crypttab, const struct line *line, unsigned int number)
{
	struct crypt_volume *volume;
	int r;

	if (!crypt_volume_is_name(line->name))
		return warnings_add(&crypttab->warnings,
				    "%s: %s cannot be the name of a volume, ignoring the line",
				    line->where, line->name);
	volume = calloc(1, sizeof(*volume));
	if (!volume)
		return -ENOMEM;
	volume->line = number;
	r = device_spec_parse(line->device, &volume->device);
	if (r < 0 && r != -ENOMEM) {
		crypt_volume_free(volume);
		return warnings_add(&crypttab->warnings, "%s: %s %s, ignoring the line",
				    line->where, line->device, device_spec_error(r));
	}
	if (r >= 0)
		r = fill_volume(volume, line, &crypttab->warnings);
	if (r >= 0)
		r = vec_push(&crypttab->volumes, volume);
	if (r < 0)
		crypt_volume_free(volume);
	return r;
}

static int parse_line(void *userdata, char *text, unsigned int number)
{
	struct crypttab *crypttab = userdata;
	_cleanup_free_ char *where = str_format("line %u of crypttab", number);
	struct line line = { .where = where, .key = "", .options = "" };
	const char *field;
	int r;

	if (!where)
		return -ENOMEM;
	line.name = fields_first(&text);
	if (!line.name)
		return 0;
	line.device = fields_next(&text);
	if (!line.device)
		return warnings_add(&crypttab->warnings,
				    "%s names no device for %s, ignoring the line", where,
				    line.name);
	if ((field = fields_next(&text)))
		line.key = field;
	if ((field = fields_next(&text)))
		line.options = field;
	r = fields_next(&text)
		    ? warnings_add(&crypttab->warnings,
				   "%s has more than four fields, ignoring the rest", where)
		    : 0;
	return r < 0 ? r : add_volume(crypttab, &line, number);
}

int crypttab_parse(const char *text, struct crypttab *ret_crypttab)
{
	*ret_crypttab = (struct crypttab){ 0 };
	return lines_for_each(text, parse_line, ret_crypttab);
}

void crypttab_done(struct crypttab *crypttab)
{
	vec_done(&crypttab->volumes, crypt_volume_free);
	vec_done(&crypttab->warnings, free);
}
