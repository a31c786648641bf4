/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "image/tree/tree.h"

/*
 * Why each entry of an image is in it, as IMAGE_MANIFEST says: a line for each path, sorted, with
 * the path, a tab and the reason. Tabs, newlines and backslashes in either are written as \011,
 * \012 and \134. A zeroed manifest is empty and valid.
 */
struct manifest {
	struct strmap reasons; /* path → char * */
};

#define _cleanup_manifest_ __attribute__((cleanup(manifest_done)))

/* -EBADMSG for text that is no manifest, -ENOMEM. */
int manifest_parse(const char *text, size_t size, struct manifest *ret_manifest);
void manifest_done(struct manifest *manifest);

/* The reason for @path, as it is in the manifest; or NULL. */
const char *manifest_get(const struct manifest *manifest, const char *path);

/* One link of a chain: an entry, and the reason for it. */
struct manifest_link {
	const char *path, *reason;
};

/* The path in the manifest that @path, of a reason, stands for; or NULL. It lives as long. */
typedef const char *(*manifest_resolve_cb)(const void *userdata, const char *path);

/*
 * The chain of reasons for the entry @path: itself first, then what it is there for, and so on;
 * empty if it is not in the manifest. @ret_is_circular if the last one is there for one before it.
 * A reason may name an entry by a path with links; @resolve, unless it is NULL, follows them.
 * @ret_links has struct manifest_link, whose strings are the manifest's or from @resolve, but for
 * the first path, which is @path; the caller frees them and the vec.
 */
int manifest_get_chain(const struct manifest *manifest, const char *path,
		       manifest_resolve_cb resolve, const void *userdata, struct vec *ret_links,
		       bool *ret_is_circular);

/*
 * Adds the manifest of all entries to @tree, itself included; nothing may be added afterwards.
 * The errors of tree_add_data().
 */
int manifest_add(struct tree *tree);
