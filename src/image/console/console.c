/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts keymaps and console fonts where /init looks for them. */
#include "image/console/console.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "config/vconsole.h"
#include "image/console/console-config.h"
#include "image/console/console-data.h"
#include "image/console/console-font.h"
#include "image/console/keymap.h"
#include "kindling/image-layout.h"

#define NO_NAME "none"

/* What is the same for keymaps and fonts. */
struct shelf {
	const char *what, *option, *directory, *suffix;
	const char *why_configured, *why_default;
	const struct console_data *kind;
	int (*make)(const struct sysroot *sysroot, const char *name, struct strbuf *content,
		    char **ret_why);
	int (*make_configured)(const struct sysroot *sysroot, const struct vconsole *config,
			       struct strbuf *content, char **ret_name, char **ret_why);
};

static const struct shelf keymap_shelf = {
	.what = "keymap",
	.option = "--keymap",
	.directory = IMAGE_KEYMAPS,
	.suffix = IMAGE_KEYMAP_SUFFIX,
	.why_configured = "the keymap that this system is configured for",
	.why_default = "the keymap that is taken if the command line names none",
	.kind = &console_keymaps,
	.make = keymap_make,
	.make_configured = keymap_make_configured,
};

static const struct shelf font_shelf = {
	.what = "console font",
	.option = "--font",
	.directory = IMAGE_FONTS,
	.suffix = IMAGE_FONT_SUFFIX,
	.why_configured = "the console font that this system is configured for",
	.why_default = "the console font that is taken if the command line names none",
	.kind = &console_fonts,
	.make = console_font_make,
	.make_configured = console_font_make_configured,
};

/* The first one that is put there is the default. */
static int put(struct tree *tree, const struct shelf *shelf, const char *name,
	       const struct strbuf *content, const char *why)
{
	_cleanup_free_ char *file = str_format("%s%s", name, shelf->suffix);
	_cleanup_free_ char *path = file ? str_format("%s/%s", shelf->directory, file) : NULL;
	_cleanup_free_ char *link = str_format("%s/" IMAGE_CONSOLE_CHOICE, shelf->directory);
	int r;

	if (!path || !link)
		return -ENOMEM;
	r = tree_add_data(tree, path, 0644, content->data, content->size, why);
	if (r >= 0 && !tree_get(tree, link))
		r = tree_add_symlink(tree, link, file, shelf->why_default);
	return r;
}

static int add_named(struct tree *tree, const struct sysroot *sysroot, const struct shelf *shelf,
		     const char *name)
{
	_cleanup_free_ char *short_name = console_data_short_name(shelf->kind, name);
	_cleanup_free_ char *reason = str_format("asked for with %s", shelf->option), *why = NULL;
	_cleanup_strbuf_ struct strbuf content = { 0 };
	int r;

	if (!short_name || !reason)
		return -ENOMEM;
	r = shelf->make(sysroot, name, &content, &why);
	if (r >= 0)
		r = put(tree, shelf, short_name, &content, reason);
	if (r < 0 && r != -ENOMEM)
		log_err("cannot put the %s %s into the image: %s; giving up", shelf->what, name,
			why ? why : strerror(-r));
	return r;
}

static int add_configured(struct tree *tree, const struct sysroot *sysroot,
			  const struct shelf *shelf, const struct vconsole *config)
{
	_cleanup_free_ char *name = NULL, *why = NULL;
	_cleanup_strbuf_ struct strbuf content = { 0 };
	int r;

	r = shelf->make_configured(sysroot, config, &content, &name, &why);
	if (r >= 0 && name)
		r = put(tree, shelf, name, &content, shelf->why_configured);
	if (r >= 0 || r == -ENOMEM)
		return r;
	log_warn("the image will not have the %s %s, which this system is configured for: %s",
		 shelf->what, name, why ? why : strerror(-r));
	return 0;
}

static int add(struct tree *tree, const struct sysroot *sysroot, const struct shelf *shelf,
	       const struct vec *names, const struct vconsole *config)
{
	const char *name;
	int r = 0;

	if (names->n_items == 0)
		return add_configured(tree, sysroot, shelf, config);
	vec_for_each(name, names) {
		if (r >= 0 && !str_equal(name, NO_NAME))
			r = add_named(tree, sysroot, shelf, name);
	}
	return r;
}

int console_add(struct tree *tree, const struct sysroot *sysroot, const struct vec *keymaps,
		const struct vec *fonts)
{
	struct vconsole config;
	int r;

	r = console_config_read(sysroot, &config);
	if (r >= 0)
		r = add(tree, sysroot, &keymap_shelf, keymaps, &config);
	if (r >= 0)
		r = add(tree, sysroot, &font_shelf, fonts, &config);
	vconsole_done(&config);
	return r;
}
