/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over a kernel's modules, some 4,000 files in 700 directories: the kinds that readdir(3)
 * gives spare a stat(2) for each. Links are followed, as depmod(8) does, but not in circles, and
 * not to the kernel's source code.
 */
#include "image/modules/module-files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"

/* A directory that the walk is in, and the one above it. */
struct level {
	const struct level *above;
	DIR *dir;
	dev_t device;
	ino_t inode;
};

struct walk {
	const char *modules_dir;
	bool (*is_skipped)(const char *directory);
	struct strbuf path; /* of the directory, with a slash at the end, or empty */
	struct vec *paths;
};

static int walk_directory(struct walk *walk, int parent_fd, const char *name,
			  const struct level *above);

static bool is_module(const char *name)
{
	static const char *const suffixes[] = { ".ko", ".ko.gz", ".ko.xz", ".ko.zst" };

	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (str_has_suffix(name, suffixes[i]))
			return true;
	return false;
}

static bool is_source(const char *name)
{
	return str_equal(name, "build") || str_equal(name, "source");
}

static bool is_dots(const char *name)
{
	return str_equal(name, ".") || str_equal(name, "..");
}

/* DT_DIR, DT_REG, or DT_UNKNOWN for anything else, a link to nowhere among it. */
static unsigned char get_kind(int dir_fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type == DT_DIR || entry->d_type == DT_REG)
		return entry->d_type;
	if (fstatat(dir_fd, entry->d_name, &st, 0) < 0)
		return DT_UNKNOWN;
	if (S_ISDIR(st.st_mode))
		return DT_DIR;
	return S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
}

static int add_file(struct walk *walk, const char *name)
{
	char *path = str_format("%s%s", strbuf_string(&walk->path), name);
	int r = path ? vec_push(walk->paths, path) : -ENOMEM;

	if (r < 0)
		free(path);
	return r;
}

static int fail(const struct walk *walk, int error)
{
	if (error == -ENOMEM)
		return error;
	return log_err_errno(error, "cannot read %s%s%s, giving up", walk->modules_dir,
			     walk->path.size ? "/" : "", strbuf_string(&walk->path));
}

static int walk_entries(struct walk *walk, const struct level *level)
{
	const struct dirent *entry;
	int fd = dirfd(level->dir), r = 0;

	while (r >= 0 && (errno = 0, entry = readdir(level->dir))) {
		unsigned char kind;

		if (is_dots(entry->d_name) || is_source(entry->d_name))
			continue;
		kind = get_kind(fd, entry);
		if (kind == DT_DIR)
			r = walk_directory(walk, fd, entry->d_name, level);
		else if (kind == DT_REG && is_module(entry->d_name))
			r = add_file(walk, entry->d_name);
	}
	return r >= 0 && errno ? fail(walk, -errno) : r;
}

/* Whether the walk is inside of this very directory, which a link must have led back to. */
static bool is_circle(const struct level *level)
{
	for (const struct level *above = level->above; above; above = above->above)
		if (above->device == level->device && above->inode == level->inode)
			return true;
	return false;
}

static int walk_opened(struct walk *walk, int fd, const struct level *above)
{
	struct level level = { .above = above, .dir = fdopendir(fd) };
	struct stat st;
	int r = 0;

	if (!level.dir) {
		r = -errno;
		(void)safe_close(fd);
		return fail(walk, r);
	}
	if (fstat(fd, &st) < 0) {
		r = fail(walk, -errno);
	} else {
		level.device = st.st_dev;
		level.inode = st.st_ino;
		r = is_circle(&level) ? 0 : walk_entries(walk, &level);
	}
	(void)closedir(level.dir);
	return r;
}

static int walk_directory(struct walk *walk, int parent_fd, const char *name,
			  const struct level *above)
{
	size_t size = walk->path.size;
	int fd, r = 0;

	if (above) {
		strbuf_append(&walk->path, name);
		strbuf_append(&walk->path, "/");
	}
	if (walk->path.failed)
		return -ENOMEM;
	if (!walk->is_skipped(strbuf_string(&walk->path))) {
		fd = openat(parent_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		r = fd < 0 ? fail(walk, -errno) : walk_opened(walk, fd, above);
	}
	walk->path.size = size;
	if (walk->path.data)
		walk->path.data[size] = '\0';
	return r;
}

int module_files_list(const char *modules_dir, bool (*is_skipped)(const char *directory),
		      struct vec *ret_paths)
{
	struct vec paths = { 0 };
	struct walk walk = { .modules_dir = modules_dir,
			     .is_skipped = is_skipped,
			     .paths = &paths };
	int r;

	r = walk_directory(&walk, AT_FDCWD, modules_dir, NULL);
	strbuf_done(&walk.path);
	if (r < 0) {
		vec_done(&paths, free);
		return r;
	}
	vec_sort_strings(&paths);
	*ret_paths = paths;
	return 0;
}
