/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where shared libraries are. The loader itself knows the directories that it was built for and
 * ld.so.cache, which ldconfig(8) makes of those that ld.so.conf names. These are for trees where
 * the cache is missing, as in a freshly unpacked one, or older than the library.
 *
 * All paths are those of the sysroot, in which every file is opened.
 */
#include "image/elf/library-dirs.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strmap.h"

#define CONFIG_MAX (1024 * 1024)

/* A walk through the configuration. */
struct reader {
	struct library_dirs *dirs;
	const struct sysroot *sysroot;
	struct strmap seen; /* files that were read, by their real paths, so that none is again */
};

/*
 * Adds a directory by its real path, once, if it is there: where one is a link to another, as with
 * a merged /usr, the image has what is in it at the path that the loader is sure to know.
 */
static int add_built_in(struct library_dirs *dirs, const struct sysroot *sysroot, const char *path)
{
	_cleanup_free_ char *real = NULL;
	const char *below, *known;
	int r;

	r = sysroot_resolve(sysroot, path, &real);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	below = str_after_prefix(real, sysroot->path);
	if (!below)
		return 0;
	vec_for_each(known, &dirs->built_in) {
		if (str_equal(known, below))
			return 0;
	}
	return vec_push_copy(&dirs->built_in, below);
}

int library_dirs_name_built_in(const struct elf_machine *machine, struct vec *ret_paths)
{
	static const char *const common[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };
	static const char *const parents[] = { "/lib", "/usr/lib" };
	char path[64];
	int r = 0;

	*ret_paths = (struct vec){ 0 };
	for (size_t i = 0; machine && r >= 0 && i < ARRAY_SIZE(parents); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", parents[i], machine->multiarch);
		r = vec_push_copy(ret_paths, path);
	}
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(common); i++)
		r = vec_push_copy(ret_paths, common[i]);
	if (r < 0)
		vec_done(ret_paths, free);
	return r;
}

int library_dirs_init(struct library_dirs *dirs, const struct sysroot *sysroot,
		      const struct elf_machine *machine)
{
	struct vec paths;
	const char *path;
	int r;

	*dirs = (struct library_dirs){ 0 };
	r = library_dirs_name_built_in(machine, &paths);
	vec_for_each(path, &paths) {
		if (r >= 0)
			r = add_built_in(dirs, sysroot, path);
	}
	vec_done(&paths, free);
	if (r < 0)
		library_dirs_done(dirs);
	return r;
}

static int read_config(struct reader *reader, const char *path);

int library_dirs_list(const struct sysroot *sysroot, const char *dir, struct vec *ret_names)
{
	_cleanup_free_ char *real = NULL;
	int r;

	*ret_names = (struct vec){ 0 };
	r = sysroot_resolve(sysroot, dir, &real);
	if (r >= 0)
		r = file_list_directory(real, NULL, ret_names);
	return r == -ENOMEM ? r : 0;
}

/* Reads the files of @dir, which ends in a slash, that match. */
static int include_matches(struct reader *reader, const char *dir, const char *pattern)
{
	struct vec names;
	const char *name;
	int r;

	r = library_dirs_list(reader->sysroot, dir, &names);
	vec_for_each(name, &names) {
		_cleanup_free_ char *path = str_format("%s%s", dir, name);

		if (r >= 0 && fnmatch(pattern, name, FNM_PERIOD) == 0)
			r = path ? read_config(reader, path) : -ENOMEM;
	}
	vec_done(&names, free);
	return r;
}

/* Relative patterns are relative to the file that has them. Only names may be patterns. */
static int include(struct reader *reader, const char *from, const char *pattern)
{
	const char *name = str_basename(pattern);
	_cleanup_free_ char *dir = NULL;

	dir = str_format("%.*s%.*s", pattern[0] == '/' ? 0 : (int)(str_basename(from) - from), from,
			 (int)(name - pattern), pattern);
	return dir ? include_matches(reader, dir, name) : -ENOMEM;
}

static int parse_line(struct reader *reader, const char *path, char *line)
{
	const char *pattern;
	char *end;

	line[strcspn(line, "#")] = '\0';
	while (isspace((unsigned char)*line))
		line++;
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	while (end > line + 1 && end[-1] == '/')
		*--end = '\0';
	pattern = str_after_prefix(line, "include");
	if (pattern && isspace((unsigned char)*pattern))
		return include(reader, path, pattern + strspn(pattern, " \t"));
	return line[0] == '/' ? vec_push_copy(&reader->dirs->configured, line) : 0;
}

static int read_config(struct reader *reader, const char *path)
{
	_cleanup_free_ char *real = NULL, *text = NULL;
	char *rest, *line;
	int r;

	r = sysroot_resolve(reader->sysroot, path, &real);
	if (r >= 0 && strmap_get(&reader->seen, real))
		return 0;
	if (r >= 0)
		r = strmap_set(&reader->seen, real, reader);
	if (r >= 0)
		r = file_read(real, CONFIG_MAX, &text, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		if (r != -ENOENT)
			log_warn_errno(r, "cannot read %s, ignoring it", path);
		return 0;
	}
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		r = parse_line(reader, path, line);
		if (r < 0)
			return r;
	}
	return 0;
}

int library_dirs_read_config(struct library_dirs *dirs, const struct sysroot *sysroot,
			     const char *config_path)
{
	struct reader reader = { .dirs = dirs, .sysroot = sysroot };
	int r = read_config(&reader, config_path);

	strmap_done(&reader.seen, NULL);
	return r;
}

void library_dirs_done(struct library_dirs *dirs)
{
	vec_done(&dirs->configured, free);
	vec_done(&dirs->built_in, free);
}
