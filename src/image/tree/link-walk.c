/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Follows links as the kernel does once it has unpacked the tree: ".." is the parent of where a
 * link has led to, and no path leads out of the root. What exists is not checked; the caller knows.
 */
#include "image/tree/link-walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* On the way: what has been walked, real and without a slash at the end. */
struct walk {
	link_target_cb get_target;
	const void *userdata;
	struct strbuf done;
	unsigned int n_links;
};

static void cut_last_component(struct strbuf *path)
{
	while (path->size > 0 && path->data[--path->size] != '/')
		continue;
	if (path->data)
		path->data[path->size] = '\0';
}

static void append_component(struct strbuf *path, const char *name, size_t size)
{
	if (size == 2 && strncmp(name, "..", 2) == 0) {
		cut_last_component(path);
	} else if (size != 1 || name[0] != '.') {
		strbuf_append(path, "/");
		strbuf_append_bytes(path, name, size);
	}
}

/* Replaces the link at the end of what is done by its target: *@rest becomes what is left. */
static int follow_link(struct walk *walk, const char *target, char **rest)
{
	_cleanup_strbuf_ struct strbuf joined = { 0 };
	char *replaced;

	if (++walk->n_links > LINK_WALK_MAX)
		return -ELOOP;
	if (target[0] == '/')
		strbuf_done(&walk->done);
	else
		cut_last_component(&walk->done);
	strbuf_append(&joined, target);
	strbuf_append(&joined, "/");
	strbuf_append(&joined, *rest);
	replaced = strbuf_steal(&joined);
	if (!replaced)
		return -ENOMEM;
	free(*rest);
	*rest = replaced;
	return 0;
}

/* The next component of *@rest. 1, or 0 at the end of the path. */
static int step(struct walk *walk, char **rest, bool follows_last)
{
	char *name = *rest + strspn(*rest, "/");
	size_t size = strcspn(name, "/");
	const char *target;
	bool is_last;

	if (size == 0)
		return 0;
	append_component(&walk->done, name, size);
	is_last = name[size + strspn(name + size, "/")] == '\0';
	memmove(*rest, name + size, strlen(name + size) + 1);
	if (is_last && !follows_last)
		return 0;
	target = walk->get_target(walk->userdata, strbuf_string(&walk->done));
	if (target) {
		int r = follow_link(walk, target, rest);

		if (r < 0)
			return r;
	}
	return 1;
}

int link_walk(link_target_cb get_target, const void *userdata, const char *path, bool follows_last,
	      char **ret_path)
{
	struct walk walk = { .get_target = get_target, .userdata = userdata };
	_cleanup_free_ char *rest = strdup(path);
	int r;

	if (!rest)
		return -ENOMEM;
	if (path[0] != '/')
		return -EINVAL;
	do
		r = step(&walk, &rest, follows_last);
	while (r > 0);
	if (r == 0) {
		if (walk.done.size == 0)
			strbuf_append(&walk.done, "/");
		*ret_path = strbuf_steal(&walk.done);
		r = *ret_path ? 0 : -ENOMEM;
	}
	strbuf_done(&walk.done);
	return r;
}
