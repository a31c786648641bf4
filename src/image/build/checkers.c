/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which fsck.TYPE an image gets. One program may have several names: it is in the image once. */
#include "image/build/checkers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strmap.h"
#include "config/checker.h"
#include "kindling/image-layout.h"

#define E2FSCK_CONF "/etc/e2fsck.conf"

struct checkers {
	struct tree *tree;
	struct elf_closure *programs;
	const struct sysroot *sysroot;
	const struct build_options *options;
	struct strmap by_program; /* path on this machine → char *, in the image */
};

/* -ENOENT if it is not installed. */
static int find_program(const struct sysroot *sysroot, const char *type, char **ret_real)
{
	static const char *const directories[] = { "/usr/sbin", "/sbin", "/usr/bin", "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		_cleanup_free_ char *path = str_format("%s/fsck.%s", directories[i], type);
		int r = path ? sysroot_resolve(sysroot, path, ret_real) : -ENOMEM;

		if (r >= 0 || r == -ENOMEM)
			return r;
	}
	return -ENOENT;
}

static int add_program(struct checkers *checkers, const char *type, const char *real,
		       const char *why)
{
	_cleanup_free_ char *path = str_format(IMAGE_CHECKERS "%s", type);
	const char *other = strmap_get(&checkers->by_program, real);
	int r;

	if (!path)
		return -ENOMEM;
	if (other)
		return str_equal(other, path)
			       ? 0
			       : tree_add_symlink(checkers->tree, path, str_basename(other), why);
	r = elf_closure_add(checkers->programs, real, path, why);
	if (r >= 0)
		r = strmap_set(&checkers->by_program, real, path);
	if (r >= 0)
		path = NULL; /* it is the map's */
	return r;
}

/* @for_whom is a phrase: "/ is an ext4 file system". */
static int add_checker(struct checkers *checkers, const char *type, const char *for_whom)
{
	_cleanup_free_ char *real = NULL;
	_cleanup_free_ char *why = str_format("checks before a mount: %s", for_whom);
	int r = why ? find_program(checkers->sysroot, type, &real) : -ENOMEM;

	if (r == -ENOENT) {
		log_message(checkers->options->fsck == BUILD_FSCK_YES ? LOG_WARNING : LOG_INFO,
			    "%s, and there is no fsck.%s here to check it before it is mounted",
			    for_whom, type);
		return 0;
	}
	return r < 0 ? r : add_program(checkers, type, real, why);
}

static int add_for_host(struct checkers *checkers, const struct host *host)
{
	const struct host_need *need;

	vec_for_each(need, &host->needs) {
		int r;

		if (need->kind != HOST_NEED_FILESYSTEM || !checker_is_of_use(need->name) ||
		    strchr(need->name, '/'))
			continue;
		r = add_checker(checkers, need->name, need->why);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What a root, a /usr or an ESP may be; of these, what is installed. */
static int add_for_any(struct checkers *checkers)
{
	static const char *const types[] = { "ext4", "ext3", "ext2", "f2fs", "vfat" };

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		_cleanup_free_ char *real = NULL;
		int r = find_program(checkers->sysroot, types[i], &real);

		if (r >= 0)
			r = add_program(checkers, types[i], real,
					"checks file systems before they are mounted");
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}

/* How strict e2fsck is, with a clock that goes wrong and otherwise. */
static int add_configuration(const struct checkers *checkers)
{
	int r;

	if (checkers->by_program.n_entries == 0)
		return 0;
	r = tree_add_host_file(checkers->tree, checkers->sysroot, E2FSCK_CONF,
			       "what fsck.ext4 reads");
	if (r == -ENOENT || r == -ENOMEM || r >= 0)
		return r == -ENOENT ? 0 : r;
	log_warn_errno(r, "cannot put " E2FSCK_CONF " into the image, going on without it");
	return 0;
}

int checkers_add(struct tree *tree, struct elf_closure *programs, const struct sysroot *sysroot,
		 const struct build_options *options, const struct host *host)
{
	bool is_for_host = options->mode == BUILD_MODE_HOST;
	struct checkers checkers = {
		.tree = tree,
		.programs = programs,
		.sysroot = sysroot,
		.options = options,
	};
	int r;

	if (options->fsck == BUILD_FSCK_NO || (options->fsck == BUILD_FSCK_AUTO && !is_for_host))
		return 0;
	r = is_for_host ? add_for_host(&checkers, host) : add_for_any(&checkers);
	if (r >= 0)
		r = add_configuration(&checkers);
	strmap_done(&checkers.by_program, free);
	return r;
}
