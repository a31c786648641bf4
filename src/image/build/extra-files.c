/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/build/extra-files.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"
#include "kindling/image-layout.h"

#define REASON "asked for with --add-file"

/* The path on this machine of what the user calls @path. */
static int find_source(const struct sysroot *sysroot, const char *path, char **ret_real)
{
	int r;

	if (path[0] == '/') {
		r = sysroot_resolve(sysroot, path, ret_real);
	} else {
		*ret_real = realpath(path, NULL);
		r = *ret_real ? 0 : -errno;
	}
	return r < 0 && r != -ENOMEM ? log_err_errno(r, "cannot use %s, giving up", path) : r;
}

static int log_cannot_add(int error, const char *path)
{
	return error < 0 && error != -ENOMEM
		       ? log_err_errno(error, "cannot put %s into the image, giving up", path)
		       : error;
}

static int add_in_directory(struct tree *tree, struct elf_closure *programs, const FTSENT *entry,
			    size_t root_size, const char *destination)
{
	_cleanup_free_ char *path = str_format("%s%s", destination, entry->fts_path + root_size);

	if (!path)
		return -ENOMEM;
	switch (entry->fts_info) {
	case FTS_F:
		return elf_closure_add(programs, entry->fts_path, path, REASON);
	case FTS_D:
		return log_cannot_add(tree_add_directory(tree, path, 0755, REASON), path);
	case FTS_SLNONE:
		log_warn("%s leads nowhere, leaving it out", entry->fts_path);
		return 0;
	case FTS_DC:
		log_warn("%s leads back to where it is in, leaving it out", entry->fts_path);
		return 0;
	case FTS_DNR:
	case FTS_ERR:
	case FTS_NS:
		return log_err_errno(-entry->fts_errno, "cannot read %s, giving up",
				     entry->fts_path);
	default:
		return 0;
	}
}

/* Links in it are followed: what they lead to may not be in the image. */
static int add_directory(struct tree *tree, struct elf_closure *programs, const char *real,
			 const char *destination)
{
	char *const roots[] = { (char *)real, NULL };
	FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	FTSENT *entry;
	int r = 0;

	if (!walk)
		return -ENOMEM;
	while (r >= 0 && (errno = 0, entry = fts_read(walk)))
		r = add_in_directory(tree, programs, entry, strlen(real), destination);
	if (r >= 0 && errno)
		r = log_err_errno(-errno, "cannot read %s, giving up", real);
	(void)fts_close(walk);
	return r;
}

/*
 * @argument is SRC or SRC:DST, where DST is absolute and SRC may contain colons. Without DST a file
 * gets the path that it has, and if that is a link, the image gets the link as well.
 */
static int add_file(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		    const char *argument)
{
	_cleanup_free_ char *source = strdup(argument), *real = NULL;
	const char *destination = NULL;
	struct stat st;
	int r;

	if (!source)
		return -ENOMEM;
	for (char *next = source; (next = strstr(next, ":/")); next++)
		destination = next + 1;
	if (destination)
		source[destination - 1 - source] = '\0';
	r = find_source(sysroot, source, &real);
	if (r < 0)
		return r;
	if (!destination && source[0] != '/') {
		log_err("%s is no absolute path; say where it goes, as in --add-file %s:/etc/%s",
			source, source, str_basename(source));
		return -EINVAL;
	}
	if (stat(real, &st) == 0 && S_ISDIR(st.st_mode))
		return add_directory(tree, programs, real, destination ? destination : source);
	if (!destination) {
		r = log_cannot_add(tree_add_host_file(tree, sysroot, source, REASON), source);
		return r < 0 ? r : elf_closure_add_needs(programs, real, source);
	}
	return elf_closure_add(programs, real, destination, REASON);
}

static int add_cmdline(struct tree *tree, const char *cmdline)
{
	_cleanup_free_ char *line = str_format("%s\n", cmdline);

	if (!line)
		return -ENOMEM;
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

int extra_files_add(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		    const struct build_options *options)
{
	const char *argument;
	int r = 0;

	if (options->cmdline)
		r = add_cmdline(tree, options->cmdline);
	if (r >= 0 && options->crypttab)
		r = add_crypttab(tree, sysroot, options->crypttab);
	vec_for_each(argument, &options->add_files) {
		if (r < 0)
			break;
		r = add_file(tree, programs, sysroot, argument);
	}
	return r;
}
