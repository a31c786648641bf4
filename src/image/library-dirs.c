/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where shared libraries are. The loader's cache is a digest of these same directories, in a
 * format that differs from one C library to the next; reading what it is made of is simpler and
 * never stale.
 */
#include "image/library-dirs.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"

#define CONFIG_MAX        (1024 * 1024)
#define MAX_INCLUSIONS    8
#define MACHINE_LOONGARCH 258 /* EM_LOONGARCH, which the elf.h of glibc 2.35 and before lacks */

static const char *multiarch_tuple(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86_64-linux-gnu";
	case EM_386:
		return "i386-linux-gnu";
	case EM_AARCH64:
		return "aarch64-linux-gnu";
	case EM_ARM:
		return "arm-linux-gnueabihf";
	case EM_RISCV:
		return "riscv64-linux-gnu";
	case EM_PPC64:
		return "powerpc64le-linux-gnu";
	case MACHINE_LOONGARCH:
		return "loongarch64-linux-gnu";
	default:
		return NULL;
	}
}

static int push_copy(struct vec *vec, const char *string)
{
	char *copy = strdup(string);
	int r = copy ? vec_push(vec, copy) : -ENOMEM;

	if (r < 0)
		free(copy);
	return r;
}

static int add_built_in(struct library_dirs *dirs)
{
	static const char *const common[] = { "/lib64", "/usr/lib64", "/lib", "/usr/lib" };
	const char *tuple = multiarch_tuple(dirs->machine);
	char path[64];
	int r = 0;

	if (tuple) {
		(void)snprintf(path, sizeof(path), "/lib/%s", tuple);
		r = push_copy(&dirs->built_in, path);
	}
	if (tuple && r >= 0) {
		(void)snprintf(path, sizeof(path), "/usr/lib/%s", tuple);
		r = push_copy(&dirs->built_in, path);
	}
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(common); i++)
		r = push_copy(&dirs->built_in, common[i]);
	return r;
}

static int read_config(struct library_dirs *dirs, const char *path, unsigned int depth);

/* Relative patterns are relative to the file that has them. */
static int include(struct library_dirs *dirs, const char *from, const char *pattern,
		   unsigned int depth)
{
	_cleanup_free_ char *absolute = NULL;
	glob_t found = { 0 };
	int r = 0;

	absolute = str_format("%.*s%s", pattern[0] == '/' ? 0 : (int)(str_basename(from) - from),
			      from, pattern);
	if (!absolute)
		return -ENOMEM;
	if (glob(absolute, 0, NULL, &found) == 0)
		for (size_t i = 0; r >= 0 && i < found.gl_pathc; i++)
			r = read_config(dirs, found.gl_pathv[i], depth + 1);
	globfree(&found);
	return r;
}

static int parse_line(struct library_dirs *dirs, const char *path, char *line, unsigned int depth)
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
		return include(dirs, path, pattern + strspn(pattern, " \t"), depth);
	return line[0] == '/' ? push_copy(&dirs->configured, line) : 0;
}

static int read_config(struct library_dirs *dirs, const char *path, unsigned int depth)
{
	_cleanup_free_ char *text = NULL;
	char *rest, *line;
	int r;

	if (depth > MAX_INCLUSIONS) {
		log_warn("%s is included too deeply, ignoring it", path);
		return 0;
	}
	r = file_read(path, CONFIG_MAX, &text, NULL);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		if (r != -ENOENT)
			log_warn_errno(r, "cannot read %s, ignoring it", path);
		return 0;
	}
	rest = text;
	while ((line = strsep(&rest, "\n"))) {
		r = parse_line(dirs, path, line, depth);
		if (r < 0)
			return r;
	}
	return 0;
}

int library_dirs_init(struct library_dirs *dirs, uint16_t machine, const char *config_path)
{
	int r;

	*dirs = (struct library_dirs){ .machine = machine };
	r = add_built_in(dirs);
	if (r >= 0)
		r = read_config(dirs, config_path, 0);
	if (r < 0)
		library_dirs_done(dirs);
	return r;
}

void library_dirs_done(struct library_dirs *dirs)
{
	vec_done(&dirs->configured, free);
	vec_done(&dirs->built_in, free);
}

bool library_dirs_has_built_in(const struct library_dirs *dirs, const char *path)
{
	size_t size = (size_t)(str_basename(path) - path);
	const char *dir;

	vec_for_each(dir, &dirs->built_in) {
		if (strlen(dir) + 1 == size && strncmp(dir, path, size - 1) == 0)
			return true;
	}
	return false;
}
