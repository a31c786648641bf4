/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/build/extra-files.h"

#include <errno.h>
#include <fts.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "config/cmdline.h"
#include "kindling/image-layout.h"

#define REASON "asked for with --add-file"

/* The path on this machine of what the user calls @path. */
static int resolve_source(const struct sysroot *sysroot, const char *path, char **ret_real)
{
	if (path[0] == '/')
		return sysroot_resolve(sysroot, path, ret_real);
	*ret_real = realpath(path, NULL);
	return *ret_real ? 0 : -errno;
}

static int find_source(const struct sysroot *sysroot, const char *path, char **ret_real)
{
	int r = resolve_source(sysroot, path, ret_real);

	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot use %s, giving up", path) : r;
}

/* Whether @path is none, but becomes one without its last colon and what follows that. */
static bool has_relative_destination(const struct sysroot *sysroot, const char *path)
{
	const char *colon = strrchr(path, ':');
	_cleanup_free_ char *source = NULL, *whole = NULL, *real = NULL;

	if (!colon || resolve_source(sysroot, path, &whole) != -ENOENT)
		return false;
	source = strndup(path, (size_t)(colon - path));
	return source && resolve_source(sysroot, source, &real) == 0;
}

static int log_cannot_add(int error, const char *path)
{
	return error < 0 && error != -ENOMEM
		       ? log_err_errno(error, "cannot put %s into the image, giving up", path)
		       : error;
}

/* A directory that is being added, and what led there. */
struct walk {
	struct tree *tree;
	struct elf_closure *programs;
	const struct sysroot *sysroot; /* that links are of, or NULL: of this machine */
	const struct walk *above;
	const char *link; /* a link in the directory above, or NULL */
};

static int add_directory(const struct walk *walk, const char *real, const char *destination);

static int resolve_link(const struct walk *walk, const char *link, char **ret_real)
{
	const char *below = walk->sysroot ? str_after_prefix(link, walk->sysroot->path) : NULL;

	if (below)
		return sysroot_resolve(walk->sysroot, below, ret_real);
	*ret_real = realpath(link, NULL);
	return *ret_real ? 0 : -errno;
}

/* Whether one of the links leads to a directory that it is in itself. */
static bool is_circle(const struct walk *walk, const char *real)
{
	for (; walk && walk->link; walk = walk->above) {
		const char *rest = str_after_prefix(walk->link, real);

		if (rest && rest[0] == '/')
			return true;
	}
	return false;
}

/* What it leads to is put in its place: that may not be in the image otherwise. */
static int add_linked(const struct walk *walk, const char *link, const char *destination)
{
	const struct walk inner = { walk->tree, walk->programs, walk->sysroot, walk, link };
	_cleanup_free_ char *real = NULL;
	struct stat st;
	int r;

	r = resolve_link(walk, link, &real);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || stat(real, &st) < 0) {
		log_warn("%s leads nowhere, leaving it out", link);
		return 0;
	}
	if (S_ISREG(st.st_mode))
		return elf_closure_add(walk->programs, real, destination, REASON);
	if (!S_ISDIR(st.st_mode))
		return 0;
	if (is_circle(&inner, real)) {
		log_warn("%s leads to a directory that it is in, leaving it out", link);
		return 0;
	}
	return add_directory(&inner, real, destination);
}

/* In the image it may be a link to one, as /lib is. */
static int add_one_directory(struct tree *tree, const char *path)
{
	const struct tree_entry *existing;
	int r;

	if (!*path)
		return 0;
	r = tree_add_directory(tree, path, 0755, REASON);
	existing = r == -EEXIST ? tree_get(tree, path) : NULL;
	if (existing && existing->kind == TREE_SYMLINK)
		return 0;
	return log_cannot_add(r, path);
}

static int add_in_directory(const struct walk *walk, const FTSENT *entry, const char *path)
{
	switch (entry->fts_info) {
	case FTS_D:
		return add_one_directory(walk->tree, path);
	case FTS_F:
		return elf_closure_add(walk->programs, entry->fts_path, path, REASON);
	case FTS_SL:
		return add_linked(walk, entry->fts_path, path);
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return log_err_errno(-entry->fts_errno, "cannot read %s, giving up",
				     entry->fts_path);
	default:
		return 0;
	}
}

/* All that is in it; @destination has no slash at its end, so that it is "" for the root. */
static int add_directory(const struct walk *walk, const char *real, const char *destination)
{
	char *const roots[] = { (char *)real, NULL };
	FTS *stream = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int r = 0;

	if (!stream)
		return -ENOMEM;
	while (r >= 0 && (errno = 0, entry = fts_read(stream))) {
		_cleanup_free_ char *path =
			str_format("%s%s", destination, entry->fts_path + strlen(real));

		r = path ? add_in_directory(walk, entry, path) : -ENOMEM;
	}
	if (r >= 0 && errno)
		r = log_err_errno(-errno, "cannot read %s, giving up", real);
	(void)fts_close(stream);
	return r;
}

static void cut_slashes(char *path)
{
	size_t size = strlen(path);

	while (size > 0 && path[size - 1] == '/')
		path[--size] = '\0';
}

/* Cuts DST off from SRC:DST, where DST is absolute and SRC may contain colons. NULL for SRC alone.
 */
static char *cut_destination(char *argument)
{
	char *colon = NULL;

	for (char *next = argument; (next = strstr(next, ":/")); next++)
		colon = next;
	if (!colon)
		return NULL;
	*colon = '\0';
	return colon + 1;
}

/*
 * @argument is SRC or SRC:DST. Without DST a file gets the path that it has, and if that is a link,
 * the image gets the link as well.
 */
static int add_file(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		    const char *argument)
{
	_cleanup_free_ char *source = strdup(argument), *real = NULL;
	char *destination;
	struct stat st;
	int r;

	if (!source)
		return -ENOMEM;
	destination = cut_destination(source);
	if (!destination && has_relative_destination(sysroot, source)) {
		log_err("--add-file %s: what follows the colon is where the file goes and must be "
			"an absolute path, giving up",
			source);
		return -EINVAL;
	}
	r = find_source(sysroot, source, &real);
	if (r < 0)
		return r;
	if (!destination && source[0] != '/') {
		log_err("%s is no absolute path; say where it goes, as in --add-file %s:/etc/%s",
			source, source, str_basename(source));
		return -EINVAL;
	}
	if (stat(real, &st) == 0 && S_ISDIR(st.st_mode)) {
		const struct walk walk = {
			.tree = tree,
			.programs = programs,
			.sysroot = source[0] == '/' ? sysroot : NULL,
		};

		cut_slashes(destination ? destination : source);
		return add_directory(&walk, real, destination ? destination : source);
	}
	if (!destination) {
		r = log_cannot_add(tree_add_host_file(tree, sysroot, source, REASON), source);
		return r < 0 ? r : elf_closure_add_needs(programs, real, source);
	}
	return elf_closure_add(programs, real, destination, REASON);
}

/* What /init would say of it at each boot. */
static int warn_of_cmdline(const char *cmdline)
{
	struct boot_config config;
	const char *warning;
	int r = cmdline_parse(cmdline, &config);

	vec_for_each(warning, &config.warnings) {
		log_warn("--cmdline: %s", warning);
	}
	boot_config_done(&config);
	return r;
}

static int add_cmdline(struct tree *tree, const char *cmdline)
{
	_cleanup_free_ char *line = str_format("%s\n", cmdline);
	int r = line ? warn_of_cmdline(cmdline) : -ENOMEM;

	if (r < 0)
		return r;
	return tree_add_data(tree, IMAGE_CMDLINE, 0644, line, strlen(line),
			     "asked for with --cmdline");
}

static int add_crypttab(struct tree *tree, const struct sysroot *sysroot, const char *path)
{
	_cleanup_free_ char *real = NULL;
	int r;

	r = find_source(sysroot, path, &real);
	if (r < 0)
		return r;
	return log_cannot_add(tree_add_file(tree, IMAGE_CRYPTTAB, real,
					    "asked for with --crypttab"),
			      path);
}

static int add_luks_header(struct tree *tree, const char *limits)
{
	_cleanup_free_ char *line = str_format("%s\n", limits);

	if (!line)
		return -ENOMEM;
	return tree_add_data(tree, IMAGE_LUKS_HEADER, 0644, line, strlen(line),
			     "kindling.conf says so");
}

/* By asking for it the user allows it; see IMAGE_SHELL. */
static int add_shell(struct elf_closure *programs, const struct sysroot *sysroot, const char *path)
{
	_cleanup_free_ char *real = NULL;
	int r = find_source(sysroot, path, &real);

	return r < 0 ? r
		     : elf_closure_add(programs, real, IMAGE_SHELL, "kindling.conf asks for it");
}

int extra_files_add(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		    const struct build_options *options)
{
	const char *argument;
	int r = 0;

	if (options->cmdline)
		r = add_cmdline(tree, options->cmdline);
	if (r >= 0 && options->crypttab)
		r = add_crypttab(tree, sysroot, options->crypttab);
	if (r >= 0 && options->luks_header)
		r = add_luks_header(tree, options->luks_header);
	if (r >= 0 && options->shell)
		r = add_shell(programs, sysroot, options->shell);
	vec_for_each(argument, &options->add_files) {
		if (r < 0)
			break;
		r = add_file(tree, programs, sysroot, argument);
	}
	return r;
}
