/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The image as a set of paths, and why each of them is there. Nothing is read but the metadata of
 * host files; contents stay where they are until the image is written.
 */
#include "image/tree/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/tree/link-walk.h"

static void entry_free(void *item)
{
	struct tree_entry *entry = item;

	free(entry->path);
	free(entry->why);
	free(entry->source);
	free(entry);
}

void tree_done(struct tree *tree)
{
	strmap_done(&tree->entries, entry_free);
}

/* A link_target_cb. */
static const char *get_target(const void *userdata, const char *path)
{
	const struct tree *tree = userdata;
	const struct tree_entry *entry = strmap_get(&tree->entries, path);

	return entry && entry->kind == TREE_SYMLINK ? entry->source : NULL;
}

/* The one path in the tree that @path leads to. The last component may be a link. */
static int resolve(const struct tree *tree, const char *path, char **ret_path)
{
	return link_walk(get_target, tree, path, false, ret_path);
}

/* Makes an entry of its own of @template; the strings of @template are copied. */
static struct tree_entry *entry_new(const char *path, const struct tree_entry *template)
{
	struct tree_entry *entry = malloc(sizeof(*entry));
	const char *source = template->source ? template->source : "";

	if (!entry)
		return NULL;
	*entry = *template;
	entry->path = strdup(path);
	entry->why = strdup(template->why);
	/* One byte more, as there is no allocating none. */
	entry->source = template->kind == TREE_DATA ? malloc(entry->size + 1) : strdup(source);
	if (!entry->path || !entry->why || !entry->source) {
		entry_free(entry);
		return NULL;
	}
	if (template->kind == TREE_DATA)
		memcpy(entry->source, source, entry->size);
	return entry;
}

static int insert(struct tree *tree, const char *path, const struct tree_entry *template)
{
	struct tree_entry *entry = entry_new(path, template);
	int r;

	if (!entry)
		return -ENOMEM;
	r = strmap_set(&tree->entries, path, entry);
	if (r < 0)
		entry_free(entry);
	return r;
}

static int insert_parents(struct tree *tree, const char *path, const char *why)
{
	_cleanup_free_ char *parent = strdup(path);
	int r = parent ? 0 : -ENOMEM;

	for (char *slash = parent; r >= 0 && (slash = strchr(slash + 1, '/'));) {
		const struct tree_entry *entry;

		*slash = '\0';
		entry = strmap_get(&tree->entries, parent);
		if (!entry)
			r = insert(tree, parent,
				   &(struct tree_entry){ .kind = TREE_DIRECTORY,
							 .mode = S_IFDIR | 0755,
							 .why = (char *)why });
		else if (entry->kind != TREE_DIRECTORY)
			r = -ENOTDIR;
		*slash = '/';
	}
	return r;
}

static bool is_same(const struct tree_entry *a, const struct tree_entry *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case TREE_DIRECTORY:
		return true;
	case TREE_FILE:
		return a->host.st_dev == b->host.st_dev && a->host.st_ino == b->host.st_ino &&
		       a->is_to_be_compressed == b->is_to_be_compressed;
	case TREE_DATA:
		return a->mode == b->mode && a->size == b->size &&
		       memcmp(a->source, b->source, a->size) == 0;
	case TREE_SYMLINK:
		return str_equal(a->source, b->source);
	case TREE_NODE:
		return a->mode == b->mode && a->rdev == b->rdev;
	}
	return false;
}

static int add(struct tree *tree, const char *path, const struct tree_entry *template)
{
	_cleanup_free_ char *resolved = NULL;
	struct tree_entry *existing;
	int r;

	r = resolve(tree, path, &resolved);
	if (r < 0)
		return r;
	if (str_equal(resolved, "/"))
		return -EINVAL;
	existing = strmap_get(&tree->entries, resolved);
	if (existing && !is_same(existing, template))
		return -EEXIST;
	if (existing) {
		/* A directory that was made for its content may turn out to be wanted itself. */
		existing->mode = template->mode;
		return 0;
	}
	r = insert_parents(tree, resolved, template->why);
	return r < 0 ? r : insert(tree, resolved, template);
}

int tree_add_directory(struct tree *tree, const char *path, mode_t permissions, const char *why)
{
	return add(tree, path,
		   &(struct tree_entry){ .kind = TREE_DIRECTORY,
					 .mode = S_IFDIR | permissions,
					 .why = (char *)why });
}

int tree_add_data(struct tree *tree, const char *path, mode_t permissions, const void *data,
		  size_t size, const char *why)
{
	return add(tree, path,
		   &(struct tree_entry){ .kind = TREE_DATA,
					 .mode = S_IFREG | permissions,
					 .source = (char *)data,
					 .size = size,
					 .why = (char *)why });
}

int tree_add_symlink(struct tree *tree, const char *path, const char *target, const char *why)
{
	return add(tree, path,
		   &(struct tree_entry){ .kind = TREE_SYMLINK,
					 .mode = S_IFLNK | 0777,
					 .source = (char *)target,
					 .why = (char *)why });
}

int tree_add_node(struct tree *tree, const char *path, mode_t mode, dev_t rdev, const char *why)
{
	return add(tree, path,
		   &(struct tree_entry){
			   .kind = TREE_NODE, .mode = mode, .rdev = rdev, .why = (char *)why });
}

/*
 * Not the very permissions, which differ from one checkout or umask to the next, but what they
 * mean: whether it can be run, and whether others may see it.
 */
static mode_t normalise_permissions(mode_t mode)
{
	mode_t permissions = mode & 0111 ? 0755 : 0644;

	return mode & 0044 ? permissions : permissions & 0700;
}

static int add_file(struct tree *tree, const char *path, const char *host_path,
		    bool is_to_be_compressed, const char *why)
{
	struct stat st;

	if (stat(host_path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	/* Better said now than when half of the image is written. */
	if ((st.st_mode & 0444) != 0444 && faccessat(AT_FDCWD, host_path, R_OK, AT_EACCESS) < 0)
		return -errno;
	return add(tree, path,
		   &(struct tree_entry){ .kind = TREE_FILE,
					 .mode = S_IFREG | normalise_permissions(st.st_mode),
					 .source = (char *)host_path,
					 .size = (size_t)st.st_size,
					 .host = st,
					 .is_to_be_compressed = is_to_be_compressed,
					 .why = (char *)why });
}

int tree_add_file(struct tree *tree, const char *path, const char *host_path, const char *why)
{
	return add_file(tree, path, host_path, false, why);
}

int tree_add_compressed_file(struct tree *tree, const char *path, const char *host_path,
			     const char *why)
{
	return add_file(tree, path, host_path, true, why);
}

/* *@path becomes what a link at @link with that target leads to. */
static int replace_by_target(char **path, const char *link, const char *target)
{
	_cleanup_strbuf_ struct strbuf joined = { 0 };
	char *result;

	if (target[0] != '/')
		strbuf_append_bytes(&joined, link, (size_t)(str_basename(link) - link));
	strbuf_append(&joined, target);
	result = strbuf_steal(&joined);
	if (!result)
		return -ENOMEM;
	free(*path);
	*path = result;
	return 0;
}

/*
 * The host's path of a link's target is found the host's way, the image's path of it the image's
 * way: with directories that are links in one and not in the other they can differ, and what
 * counts is that every link of the image leads to the content it leads to on the host.
 */
int tree_add_host_file(struct tree *tree, const struct sysroot *sysroot, const char *host_path,
		       const char *why)
{
	_cleanup_free_ char *host = strdup(host_path), *image = strdup(host_path);

	if (!host || !image)
		return -ENOMEM;
	for (unsigned int n_links = 0; n_links <= LINK_WALK_MAX; n_links++) {
		_cleanup_free_ char *real = NULL, *resolved = NULL;
		char target[PATH_MAX];
		ssize_t size;
		int r;

		r = sysroot_resolve_parent(sysroot, host, &real);
		if (r < 0)
			return r;
		size = readlink(real, target, sizeof(target) - 1);
		if (size < 0)
			return errno == EINVAL ? tree_add_file(tree, image, real, why) : -errno;
		target[size] = '\0';
		r = tree_add_symlink(tree, image, target, why);
		if (r >= 0)
			r = resolve(tree, image, &resolved);
		if (r >= 0)
			r = replace_by_target(&image, resolved, target);
		if (r >= 0)
			r = replace_by_target(&host, host, target);
		if (r < 0)
			return r;
	}
	return -ELOOP;
}

const struct tree_entry *tree_get(const struct tree *tree, const char *path)
{
	_cleanup_free_ char *resolved = NULL;

	if (resolve(tree, path, &resolved) < 0)
		return NULL;
	return strmap_get(&tree->entries, resolved);
}

static int compare_paths(const void *a, const void *b)
{
	const struct tree_entry *const *entry_a = a, *const *entry_b = b;

	return strcmp((*entry_a)->path, (*entry_b)->path);
}

int tree_sort(const struct tree *tree, struct vec *ret_entries)
{
	struct vec entries = { 0 };
	const struct strmap_entry *slot;
	int r = 0;

	strmap_for_each(slot, &tree->entries) {
		r = vec_push(&entries, slot->value);
		if (r < 0) {
			vec_done(&entries, NULL);
			return r;
		}
	}
	vec_sort(&entries, compare_paths);
	*ret_entries = entries;
	return 0;
}
