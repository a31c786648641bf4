/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The tree that the entries of an image make, in which paths can be resolved: what comes later
 * replaces what was there, as the kernel does it, and of a file with several names all have what
 * one of them carries. The content stays in the image; an entry's number finds it again.
 */
#include "image/reader/image-index.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"

#define LINKS_MAX 40 /* as MAXSYMLINKS of the kernel */

static void free_file(void *item)
{
	struct image_file *file = item;

	if (file) {
		free(file->target);
		free(file->group);
		free(file);
	}
}

static void cleanup_file(struct image_file **file)
{
	free_file(*file);
}

void image_index_done(struct image_index *index)
{
	strmap_done(&index->files, free_file);
	strmap_done(&index->names, free);
	*index = (struct image_index){ 0 };
}

/* What is remembered of a file with several names. */
struct content {
	uint64_t size;
	unsigned int number;
};

/* The name that has content tells the others. */
static int add_name(struct image_index *index, const struct image_file *file)
{
	struct content *content = strmap_get(&index->names, file->group);
	int r;

	if (!content) {
		content = calloc(1, sizeof(*content));
		if (!content)
			return -ENOMEM;
		r = strmap_set(&index->names, file->group, content);
		if (r < 0) {
			free(content);
			return r;
		}
	} else if (file->size == 0) {
		return 0;
	}
	*content = (struct content){ .size = file->size, .number = file->number };
	return 0;
}

static int add_file(struct image_index *index, const char *path, struct image_file *file)
{
	struct image_file *replaced = strmap_get(&index->files, path);
	int r;

	r = strmap_set(&index->files, path, file);
	if (r >= 0)
		free_file(replaced);
	return r;
}

/* A name with ".." is none that can be asked for. */
static int add_entry(struct image_index *index, const struct image_entry *entry)
{
	_cleanup_(cleanup_file) struct image_file *file = calloc(1, sizeof(*file));
	_cleanup_free_ char *path = NULL;
	int r;

	if (!file)
		return -ENOMEM;
	*file = (struct image_file){
		.mode = entry->mode,
		.size = entry->size,
		.number = index->n_entries++,
	};
	r = image_path_normalise(entry->name, &path);
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	if (entry->target) {
		file->target = strdup(entry->target);
		if (!file->target)
			return -ENOMEM;
	}
	if (S_ISREG(entry->mode) && entry->nlink > 1) {
		file->group = str_format("%u:%llx:%llx", entry->segment,
					 (unsigned long long)entry->device,
					 (unsigned long long)entry->inode);
		r = file->group ? add_name(index, file) : -ENOMEM;
		if (r < 0)
			return r;
	}
	r = add_file(index, path, file);
	if (r >= 0)
		file = NULL;
	return r;
}

/* Once all names are known. */
static void share_content(struct image_index *index)
{
	struct strmap_entry *entry;

	strmap_for_each(entry, &index->files) {
		struct image_file *file = entry->value;
		const struct content *content;

		if (!file->group)
			continue;
		content = strmap_get(&index->names, file->group);
		file->size = content->size;
		file->number = content->number;
	}
}

int image_index_read(struct image_index *index, struct image_reader *reader)
{
	struct image_entry entry;
	int r;

	while ((r = image_reader_next(reader, &entry)) > 0) {
		r = add_entry(index, &entry);
		if (r < 0)
			return r;
	}
	if (r < 0)
		return r;
	share_content(index);
	return 0;
}

/* Drops the last component of @path, which is "" for the root. */
static void go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* The text of @target and then @rest, which is what is still to be walked. */
static char *join(const char *target, const char *rest)
{
	return str_format("%s/%s", target, rest);
}

/*
 * Goes from *@path one component, the first of *@rest, which moves on behind it; a link is put in
 * front of what is left. Both are freed and replaced as need be.
 */
static int step(const struct image_index *index, char **path, char **rest, unsigned int *n_links,
		const struct image_file **ret_file)
{
	_cleanup_free_ char *next = NULL, *ahead = NULL;
	char *part = *rest + strspn(*rest, "/");
	size_t size = strcspn(part, "/");
	const struct image_file *file;

	ahead = strdup(part + size);
	if (!ahead)
		return -ENOMEM;
	part[size] = '\0';
	if (str_equal(part, "..")) {
		go_up(*path);
	} else if (!str_equal(part, "") && !str_equal(part, ".")) {
		next = str_format("%s/%s", *path, part);
		if (!next)
			return -ENOMEM;
		file = strmap_get(&index->files, next);
		if (file && file->target) {
			char *all;

			if (++*n_links > LINKS_MAX)
				return -ELOOP;
			all = join(file->target, ahead);
			if (!all)
				return -ENOMEM;
			if (file->target[0] == '/')
				(*path)[0] = '\0';
			free(ahead);
			ahead = all;
		} else {
			free(*path);
			*path = TAKE_PTR(next);
			*ret_file = file;
		}
	}
	free(*rest);
	*rest = TAKE_PTR(ahead);
	return 0;
}

int image_index_resolve(const struct image_index *index, const char *path,
			const struct image_file **ret_file)
{
	_cleanup_free_ char *reached = strdup(""), *rest = strdup(path);
	const struct image_file *file = NULL;
	unsigned int n_links = 0;

	if (!reached || !rest)
		return -ENOMEM;
	while (rest[strspn(rest, "/")]) {
		int r;

		r = step(index, &reached, &rest, &n_links, &file);
		if (r < 0)
			return r;
		if (file && !S_ISDIR(file->mode) && rest[strspn(rest, "/")])
			return -ENOTDIR;
	}
	file = strmap_get(&index->files, reached);
	if (!file)
		return -ENOENT;
	*ret_file = file;
	return 0;
}
