/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/console/console-data.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

static const char *const keymap_directories[] = {
	"/usr/share/kbd/keymaps/xkb", /* Fedora has old ones of the same names beside */
	"/usr/lib/kbd/keymaps/xkb",
	"/usr/share/kbd/keymaps/i386",
	"/usr/share/kbd/keymaps",
	"/usr/lib/kbd/keymaps",
	"/usr/share/keymaps/i386",
	"/usr/share/keymaps",
	NULL,
};
static const char *const keymap_suffixes[] = { ".map", ".kmap", "", NULL };

static const char *const font_directories[] = {
	"/usr/share/kbd/consolefonts",
	"/usr/lib/kbd/consolefonts",
	"/usr/share/consolefonts",
	"/etc/console-setup", /* where Debian keeps a copy, in case that /usr is elsewhere */
	NULL,
};
static const char *const font_suffixes[] = { ".psfu", ".psf", "", NULL };

static const char *const unimap_directories[] = {
	"/usr/share/kbd/unimaps",
	"/usr/lib/kbd/unimaps",
	"/usr/share/unimaps",
	"/usr/share/consoletrans",
	NULL,
};
static const char *const unimap_suffixes[] = { ".uni", ".sfm", "", NULL };

const struct console_data console_keymaps = { keymap_directories, keymap_suffixes };
const struct console_data console_fonts = { font_directories, font_suffixes };
const struct console_data console_unimaps = { unimap_directories, unimap_suffixes };

static const char *const compressions[] = { "", ".gz", ".xz", ".zst", NULL };

/* Whether @file is @name with one of the suffixes, compressed or not. */
static bool is_meant(const struct console_data *kind, const char *file, const char *name)
{
	const char *rest = str_after_prefix(file, name);

	for (const char *const *suffix = kind->suffixes; rest && *suffix; suffix++) {
		const char *end = str_after_prefix(rest, *suffix);

		for (const char *const *compression = compressions; end && *compression;
		     compression++)
			if (str_equal(end, *compression))
				return true;
	}
	return false;
}

static int compare_names(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int find_below(const struct console_data *kind, char *directory, const char *name,
		      char **ret_path)
{
	char *const roots[] = { directory, NULL };
	FTS *stream = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, compare_names);
	const FTSENT *entry;
	int r = -ENOENT;

	if (!stream)
		return -ENOMEM;
	while (r == -ENOENT && (entry = fts_read(stream))) {
		if (entry->fts_info != FTS_F || !is_meant(kind, entry->fts_name, name))
			continue;
		*ret_path = strdup(entry->fts_path);
		r = *ret_path ? 0 : -ENOMEM;
	}
	(void)fts_close(stream);
	return r;
}

static int find_path(const struct sysroot *sysroot, const char *path, char **ret_path)
{
	if (path[0] == '/')
		return sysroot_resolve(sysroot, path, ret_path);
	*ret_path = realpath(path, NULL);
	return *ret_path ? 0 : -errno;
}

int console_data_find(const struct console_data *kind, const struct sysroot *sysroot,
		      const char *name, char **ret_path)
{
	int r = -ENOENT;

	if (strchr(name, '/'))
		return find_path(sysroot, name, ret_path);
	for (const char *const *path = kind->directories; r == -ENOENT && *path; path++) {
		_cleanup_free_ char *directory = NULL;

		r = sysroot_resolve(sysroot, *path, &directory);
		if (r >= 0)
			r = find_below(kind, directory, name, ret_path);
		if (r != -ENOMEM && r < 0)
			r = -ENOENT;
	}
	return r;
}

static void cut_suffix(char *name, const char *const *suffixes)
{
	for (; *suffixes; suffixes++) {
		size_t size = strlen(name), suffix_size = strlen(*suffixes);

		if (suffix_size == 0 || suffix_size >= size || !str_has_suffix(name, *suffixes))
			continue;
		name[size - suffix_size] = '\0';
		return;
	}
}

char *console_data_short_name(const struct console_data *kind, const char *name)
{
	char *copy = strdup(str_basename(name));

	if (copy) {
		cut_suffix(copy, compressions);
		cut_suffix(copy, kind->suffixes);
	}
	return copy;
}
