/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * KEYMAP= names a console keymap. Debian has words of XKB instead, and beside them the keymap that
 * its setupcon(1) has made of them, which is right until somebody edits the words.
 */
#include "image/console/keymap.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "image/console/console-config.h"
#include "image/console/console-data.h"
#include "image/console/keymap-compiler.h"

#define DEBIAN_CACHE "/etc/console-setup"

/* Not the same package everywhere, and on Debian not the one that loadkeys is in. */
#define PACKAGES "keymaps come with the package kbd, on Debian with console-data"

static int make(const struct sysroot *sysroot, const char *name, const char *toggle,
		struct strbuf *content, char **ret_why)
{
	_cleanup_free_ char *path = NULL, *toggle_path = NULL;
	int r;

	*ret_why = NULL;
	r = console_data_find(&console_keymaps, sysroot, name, &path);
	if (r == -ENOENT)
		*ret_why = strdup("there is none of that name; " PACKAGES);
	if (r < 0)
		return r;
	if (toggle)
		r = console_data_find(&console_keymaps, sysroot, toggle, &toggle_path);
	if (r == -ENOENT)
		*ret_why = str_format("there is no %s to change to; " PACKAGES, toggle);
	return r < 0 ? r : keymap_compile(path, toggle_path, content, ret_why);
}

int keymap_make(const struct sysroot *sysroot, const char *name, struct strbuf *content,
		char **ret_why)
{
	return make(sysroot, name, NULL, content, ret_why);
}

static bool is_cached_keymap(const char *name)
{
	return str_after_prefix(name, "cached_") && str_has_suffix(name, ".kmap.gz");
}

/* The newest of Debian's; *@ret_path is NULL if there is none. */
static int find_cached(const struct sysroot *sysroot, char **ret_path, struct timespec *ret_time)
{
	_cleanup_free_ char *directory = NULL;
	struct vec names = { 0 };
	const char *name;
	int r;

	*ret_path = NULL;
	r = sysroot_resolve(sysroot, DEBIAN_CACHE, &directory);
	if (r >= 0)
		r = file_list_directory(directory, is_cached_keymap, &names);
	vec_for_each(name, &names) {
		char *path = str_format("%s/%s", directory, name);
		struct stat st;

		if (!path || stat(path, &st) < 0 ||
		    (*ret_path && st.st_mtim.tv_sec <= ret_time->tv_sec)) {
			free(path);
			continue;
		}
		free(*ret_path);
		*ret_path = path;
		*ret_time = st.st_mtim;
	}
	vec_done(&names, free);
	return r == -ENOMEM ? r : 0;
}

/* Whether somebody edited the words since. */
static bool is_outdated(const struct sysroot *sysroot, const struct timespec *made)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;

	return sysroot_resolve(sysroot, DEBIAN_KEYBOARD, &path) >= 0 && stat(path, &st) == 0 &&
	       st.st_mtim.tv_sec > made->tv_sec;
}

static int make_xkb(const struct sysroot *sysroot, const struct vconsole *config,
		    struct strbuf *content, char **ret_why)
{
	_cleanup_free_ char *cached = NULL, *why = NULL;
	struct timespec made = { 0 };
	int r;

	r = find_cached(sysroot, &cached, &made);
	if (r < 0)
		return r;
	if (cached && !is_outdated(sysroot, &made))
		return keymap_compile(cached, NULL, content, ret_why);
	r = keymap_compile_xkb(config, content, &why);
	if (r < 0 && r != -ENOMEM && cached) {
		log_warn("%s was changed since setupcon(1) made a keymap of it, and %s; taking the "
			 "old keymap",
			 DEBIAN_KEYBOARD, why ? why : strerror(-r));
		strbuf_done(content);
		return keymap_compile(cached, NULL, content, ret_why);
	}
	*ret_why = TAKE_PTR(why);
	return r;
}

/* "de", or "de-nodeadkeys"; several layouts are "us,ru". */
static char *name_xkb(const struct vconsole *config)
{
	const char *variant = config->xkb_variant;
	char *name;

	name = variant && variant[strspn(variant, ",")]
		       ? str_format("%s-%s", config->xkb_layout, variant)
		       : strdup(config->xkb_layout);
	for (char *slash = name; slash && (slash = strchr(slash, '/'));)
		*slash = '-';
	return name;
}

int keymap_make_configured(const struct sysroot *sysroot, const struct vconsole *config,
			   struct strbuf *content, char **ret_name, char **ret_why)
{
	*ret_name = NULL;
	*ret_why = NULL;
	if (!config->keymap && !config->xkb_layout)
		return 0;
	*ret_name = config->keymap ? console_data_short_name(&console_keymaps, config->keymap)
				   : name_xkb(config);
	if (!*ret_name)
		return -ENOMEM;
	return config->keymap
		       ? make(sysroot, config->keymap, config->keymap_toggle, content, ret_why)
		       : make_xkb(sysroot, config, content, ret_why);
}
