/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FONT= names a font, and FONT_UNIMAP= which characters its glyphs are for. Debian composes the
 * name, as its setupcon(1) does, of the characters in it, a face and a size. FONT_MAP= is for
 * terminals without UTF-8, which /init has none of.
 */
#include "image/console/console-font.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "config/psf.h"
#include "image/console/console-data.h"
#include "image/console/font-table.h"
#include "image/modules/decompress.h"

#define FILE_SIZE_MAX (4 << 20)

#define DEFAULT_CODESET "Uni2" /* setupcon's guess for UTF-8 */
#define DEFAULT_SIZE    "16"

/* @missing says that there is none. */
static int read_file(const struct console_data *kind, const struct sysroot *sysroot,
		     const char *name, const char *missing, struct strbuf *content, char **ret_why)
{
	_cleanup_free_ char *path = NULL;
	int r;

	r = console_data_find(kind, sysroot, name, &path);
	if (r == -ENOENT)
		*ret_why = strdup(missing);
	if (r < 0)
		return r;
	r = decompress_file(path, stored_as_from_name(path), FILE_SIZE_MAX, content);
	if (r < 0 && r != -ENOMEM)
		*ret_why = str_format("%s cannot be read: %s", path, strerror(-r));
	return r;
}

static int ignore(void *userdata, unsigned int glyph, uint32_t character)
{
	return 0;
}

static int parse(const struct strbuf *file, const char *name, struct psf *ret_font, char **ret_why)
{
	int r = psf_parse(strbuf_string(file), file->size, ret_font);

	if (r >= 0)
		r = psf_visit_characters(ret_font, ignore, NULL);
	if (r < 0)
		*ret_why = str_format("%s is no PSF font", name);
	return r;
}

static int make(const struct sysroot *sysroot, const char *name, const char *unimap,
		struct strbuf *content, char **ret_why)
{
	_cleanup_strbuf_ struct strbuf file = { 0 }, text = { 0 };
	unsigned int line;
	struct psf font;
	int r;

	*ret_why = NULL;
	r = read_file(&console_fonts, sysroot, name,
		      "there is none of that name; console fonts come with the package kbd, on "
		      "Debian with console-setup-linux",
		      &file, ret_why);
	if (r >= 0)
		r = parse(&file, name, &font, ret_why);
	if (r >= 0 && unimap)
		r = read_file(&console_unimaps, sysroot, unimap,
			      "there is no such table of characters as FONT_UNIMAP= names", &text,
			      ret_why);
	if (r < 0)
		return r;
	if (!unimap) {
		strbuf_append_bytes(content, file.data, file.size);
		return content->failed ? -ENOMEM : 0;
	}
	r = font_table_replace(&font, strbuf_string(&text), content, &line);
	if (r == -EBADMSG)
		*ret_why = str_format("line %u of %s is no mapping of glyphs to characters", line,
				      unimap);
	return r;
}

int console_font_make(const struct sysroot *sysroot, const char *name, struct strbuf *content,
		      char **ret_why)
{
	return make(sysroot, name, NULL, content, ret_why);
}

/* "8x16" is a height, and of "16x32" the height comes first in a name. */
static char *debian_size(const char *size)
{
	unsigned long a, b;
	char *end;

	if (!size || str_equal(size, "guess"))
		return strdup(DEFAULT_SIZE);
	a = strtoul(size, &end, 10);
	if (*end != 'x')
		return strdup(size);
	b = strtoul(end + 1, NULL, 10);
	if (MIN(a, b) == 8)
		return str_format("%lu", MAX(a, b));
	return str_format("%lux%lu", MAX(a, b), MIN(a, b));
}

/* As the file is called, without suffixes. */
static char *debian_name(const struct vconsole *config)
{
	const char *codeset = config->codeset;
	_cleanup_free_ char *size = debian_size(config->font_size);

	if (!codeset || str_equal(codeset, "guess"))
		codeset = DEFAULT_CODESET;
	return size ? str_format("%s-%s%s", codeset, config->font_face, size) : NULL;
}

/* Debian allows for several in one word, to be shown together: the first has the letters. */
static char *first_word(const char *words)
{
	words += strspn(words, " ");
	return strndup(words, strcspn(words, " "));
}

int console_font_make_configured(const struct sysroot *sysroot, const struct vconsole *config,
				 struct strbuf *content, char **ret_name, char **ret_why)
{
	_cleanup_free_ char *font = NULL;

	*ret_name = NULL;
	*ret_why = NULL;
	if (!config->font && (!config->font_face || str_equal(config->font_face, "guess")))
		return 0;
	font = config->font ? first_word(config->font) : debian_name(config);
	*ret_name = font ? console_data_short_name(&console_fonts, font) : NULL;
	if (!*ret_name)
		return -ENOMEM;
	if (config->font_map)
		log_info("FONT_MAP=%s is for terminals without UTF-8, leaving it out",
			 config->font_map);
	return make(sysroot, font, config->font_unimap, content, ret_why);
}
