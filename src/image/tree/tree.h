/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "image/tree/sysroot.h"

/*
 * The files of an image before it is written. A zeroed tree is empty and valid.
 *
 * Paths are absolute, without "." and ".."; the root itself is not an entry. A path given to the
 * functions here is resolved the way the booted image will: a parent that is a link in the tree is
 * followed. So with the links of a merged /usr in place, /lib/x lands in /usr/lib/x.
 */
struct tree {
	struct strmap entries;
};

enum tree_kind {
	TREE_DIRECTORY,
	TREE_FILE, /* content is that of a host file, read when the image is written */
	TREE_DATA, /* content is in memory */
	TREE_SYMLINK,
	TREE_NODE, /* a device */
};

struct tree_entry {
	enum tree_kind kind;
	char *path;
	char *why;    /* see below */
	char *source; /* the host file's path, the bytes in memory, or the link's target */
	size_t size;  /* of the host file or of the bytes in memory */
	mode_t mode;  /* type and permissions as in stat(2) */
	dev_t rdev;   /* of a device */
	bool is_to_be_compressed; /* the image holds the host's file as a zstd frame */
	struct stat host;         /* the host file, as it was when it was added */
};

#define _cleanup_tree_ __attribute__((cleanup(tree_done)))

void tree_done(struct tree *tree);

/*
 * @why is the reason for an entry, a phrase. If its last word is an absolute path, then that entry
 * of the image is what this one is there for: "needed by /init". So reasons make chains.
 *
 * Adding what is there already, the same, is fine and keeps the first reason; something else is
 * -EEXIST. Missing parents are made, 0755. -ENOTDIR if a parent is a file, -ELOOP if links go in
 * circles, -ENOMEM, -EINVAL if @path is not absolute or is the root. Arguments are copied.
 */
int tree_add_directory(struct tree *tree, const char *path, mode_t permissions, const char *why);
int tree_add_data(struct tree *tree, const char *path, mode_t permissions, const void *data,
		  size_t size, const char *why);
int tree_add_symlink(struct tree *tree, const char *path, const char *target, const char *why);
int tree_add_node(struct tree *tree, const char *path, mode_t mode, dev_t rdev, const char *why);

/*
 * Puts the regular file that @host_path leads to at @path, as 0755 or 0644, or as 0700 or 0600 if
 * neither group nor others could read it. Besides the above: the errors of stat(2) and access(2),
 * -EISDIR, and -EINVAL for what is no regular file either.
 */
int tree_add_file(struct tree *tree, const char *path, const char *host_path, const char *why);

/*
 * The same, but the image will hold the content compressed with zstd, as the kernel and libkmod
 * read modules and firmware; @path has the suffix for it.
 */
int tree_add_compressed_file(struct tree *tree, const char *path, const char *host_path,
			     const char *why);

/*
 * Puts a file of @sysroot at the path that it has there, and if it is a link, the link and all that
 * it leads through. Errors as tree_add_file().
 */
int tree_add_host_file(struct tree *tree, const struct sysroot *sysroot, const char *host_path,
		       const char *why);

/* The entry at @path, or NULL; a link is not followed, except as a parent. */
const struct tree_entry *tree_get(const struct tree *tree, const char *path);

/* All entries by path, directories before their content. Only the vec is the caller's to free. */
int tree_sort(const struct tree *tree, struct vec *ret_entries);
