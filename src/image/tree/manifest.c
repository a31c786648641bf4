/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reasons in an image, written by `build` and read by `why`. What is read may come from
 * anybody: a chain ends where the manifest has no more to say, and where it would begin anew.
 */
#include "image/tree/manifest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "kindling/image-layout.h"

/* The characters that separate, and the one that escapes: as in /proc/mounts. */
static const struct escape {
	char character;
	const char *text;
} escapes[] = {
	{ '\t', "\\011" },
	{ '\n', "\\012" },
	{ '\\', "\\134" },
};

static void append_escaped(struct strbuf *buf, const char *string)
{
	for (;;) {
		size_t size = strcspn(string, "\t\n\\");

		strbuf_append_bytes(buf, string, size);
		string += size;
		if (!*string)
			return;
		for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
			if (escapes[i].character == *string)
				strbuf_append(buf, escapes[i].text);
		string++;
	}
}

/* The character that the @left bytes at @text begin with, and in @ret_size how many bytes it takes.
 */
static char unescape(const char *text, size_t left, size_t *ret_size)
{
	for (size_t i = 0; i < ARRAY_SIZE(escapes); i++) {
		*ret_size = strlen(escapes[i].text);
		if (left >= *ret_size && memcmp(text, escapes[i].text, *ret_size) == 0)
			return escapes[i].character;
	}
	*ret_size = 1;
	return *text;
}

static char *unescape_all(const char *text, size_t size)
{
	struct strbuf buf = { 0 };
	size_t step;
	char *result;

	for (const char *end = text + size; text < end; text += step) {
		char character = unescape(text, (size_t)(end - text), &step);

		strbuf_append_bytes(&buf, &character, 1);
	}
	result = strbuf_steal(&buf);
	strbuf_done(&buf);
	return result;
}

static int parse_line(struct manifest *manifest, const char *line, size_t size)
{
	const char *tab = memchr(line, '\t', size);
	_cleanup_free_ char *path = NULL, *reason = NULL;
	int r;

	if (line[0] != '/' || !tab || memchr(line, '\0', size))
		return -EBADMSG;
	path = unescape_all(line, (size_t)(tab - line));
	reason = unescape_all(tab + 1, size - (size_t)(tab + 1 - line));
	if (!path || !reason)
		return -ENOMEM;
	if (strmap_get(&manifest->reasons, path))
		return 0;
	r = strmap_set(&manifest->reasons, path, reason);
	if (r >= 0)
		reason = NULL;
	return r;
}

int manifest_parse(const char *text, size_t size, struct manifest *ret_manifest)
{
	struct manifest manifest = { 0 };
	int r = 0;

	while (r >= 0 && size > 0) {
		const char *newline = memchr(text, '\n', size);
		size_t line_size = newline ? (size_t)(newline - text) : size;

		r = line_size > 0 ? parse_line(&manifest, text, line_size) : -EBADMSG;
		line_size += newline ? 1 : 0;
		text += line_size;
		size -= line_size;
	}
	if (r < 0)
		manifest_done(&manifest);
	else
		*ret_manifest = manifest;
	return r;
}

void manifest_done(struct manifest *manifest)
{
	strmap_done(&manifest->reasons, free);
}

const char *manifest_get(const struct manifest *manifest, const char *path)
{
	return strmap_get(&manifest->reasons, path);
}

/*
 * The path that @reason ends with, if it is an entry: its last word, or more than a word where a
 * path has spaces in it.
 */
static const char *find_cause(const struct manifest *manifest, const char *reason,
			      manifest_resolve_cb resolve, const void *userdata)
{
	for (const char *word = reason; word; word = strchr(word, ' ')) {
		const char *path;

		word += strspn(word, " ");
		if (word[0] != '/')
			continue;
		path = resolve ? resolve(userdata, word) : word;
		if (path && manifest_get(manifest, path))
			return path;
	}
	return NULL;
}

static int push_link(struct vec *links, const char *path, const char *reason)
{
	struct manifest_link *link = malloc(sizeof(*link));

	if (!link || vec_push(links, link) < 0) {
		free(link);
		return -ENOMEM;
	}
	*link = (struct manifest_link){ .path = path, .reason = reason };
	return 0;
}

int manifest_get_chain(const struct manifest *manifest, const char *path,
		       manifest_resolve_cb resolve, const void *userdata, struct vec *ret_links,
		       bool *ret_is_circular)
{
	struct vec links = { 0 };
	struct strmap seen = { 0 };
	const char *reason;
	int r = 0;

	while (r >= 0 && path && !strmap_get(&seen, path)) {
		reason = manifest_get(manifest, path);
		if (!reason)
			break;
		r = push_link(&links, path, reason);
		if (r >= 0)
			r = strmap_set(&seen, path, (void *)reason);
		path = find_cause(manifest, reason, resolve, userdata);
	}
	strmap_done(&seen, NULL);
	if (r < 0) {
		vec_done(&links, free);
		return r;
	}
	*ret_is_circular = links.n_items > 0 && path;
	*ret_links = links;
	return 0;
}

static void append_line(struct strbuf *buf, const char *path, const char *reason)
{
	append_escaped(buf, path);
	strbuf_append(buf, "\t");
	append_escaped(buf, reason);
	strbuf_append(buf, "\n");
}

/* All lines, with one for @own_path, which is not in the tree yet, in its place. */
static int describe(const struct tree *tree, const char *own_path, const char *own_reason,
		    struct strbuf *text)
{
	const struct tree_entry *entry;
	struct vec entries;
	int r;

	r = tree_sort(tree, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		if (own_path && strcmp(own_path, entry->path) < 0)
			append_line(text, TAKE_PTR(own_path), own_reason);
		append_line(text, entry->path, entry->why);
	}
	if (own_path)
		append_line(text, own_path, own_reason);
	vec_done(&entries, NULL);
	return text->failed ? -ENOMEM : 0;
}

int manifest_add(struct tree *tree)
{
	static const char why[] = "says why each file is in the image";
	_cleanup_free_ char *directory = NULL, *path = NULL;
	_cleanup_strbuf_ struct strbuf text = { 0 };
	const struct tree_entry *parent;
	int r;

	directory = strndup(IMAGE_MANIFEST,
			    (size_t)(str_basename(IMAGE_MANIFEST) - IMAGE_MANIFEST - 1));
	if (!directory)
		return -ENOMEM;
	/* First of all, so that no directory is made after they have been described. */
	r = tree_add_directory(tree, directory, 0755, why);
	if (r < 0)
		return r;
	parent = tree_get(tree, directory);
	if (!parent)
		return -ENOMEM;
	path = str_format("%s/%s", parent->path, str_basename(IMAGE_MANIFEST));
	if (!path)
		return -ENOMEM;
	r = describe(tree, path, why, &text);
	return r < 0 ? r : tree_add_data(tree, path, 0644, text.data, text.size, why);
}
