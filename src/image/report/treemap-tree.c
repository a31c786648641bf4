/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a treemap shows, as a tree: the sorted paths become nodes, sizes are summed up on the way,
 * and directories with but one thing in them are joined with it.
 */
#include "image/report/treemap-tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

struct treemap_node *treemap_node_free(struct treemap_node *node)
{
	struct treemap_node *child;

	if (!node)
		return NULL;
	vec_for_each(child, &node->children)
		(void)treemap_node_free(child);
	vec_done(&node->children, NULL);
	free(node->name);
	free(node);
	return NULL;
}

void treemap_node_cleanup(struct treemap_node **node)
{
	*node = treemap_node_free(*node);
}

static struct treemap_node *node_add(struct treemap_node *parent, const char *name,
				     size_t name_size)
{
	struct treemap_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->name = strndup(name, name_size);
	if (!node->name || (parent && vec_push(&parent->children, node) < 0))
		return treemap_node_free(node);
	return node;
}

/* Sorted paths make it enough to look at the child that came last. */
static struct treemap_node *descend(struct treemap_node *parent, const char *name, size_t name_size)
{
	struct vec *children = &parent->children;
	struct treemap_node *last =
		children->n_items ? children->items[children->n_items - 1] : NULL;

	if (last && !last->item && strlen(last->name) == name_size &&
	    strncmp(last->name, name, name_size) == 0)
		return last;
	return node_add(parent, name, name_size);
}

static int add_item(struct treemap_node *root, const struct treemap_item *item)
{
	const char *rest = item->path;
	struct treemap_node *node = root;

	for (;;) {
		size_t size;

		node->size += item->size;
		node->n_files++;
		rest += strspn(rest, "/");
		size = strcspn(rest, "/");
		if (size == 0)
			break;
		node = descend(node, rest, size);
		if (!node)
			return -ENOMEM;
		rest += size;
		node->path = item->path;
		node->path_size = (size_t)(rest - item->path);
	}
	node->item = item;
	return 0;
}

static int compare_nodes(const void *a, const void *b)
{
	const struct treemap_node *const *node_a = a, *const *node_b = b;

	if ((*node_a)->size != (*node_b)->size)
		return (*node_a)->size < (*node_b)->size ? 1 : -1;
	return strcmp((*node_a)->name, (*node_b)->name);
}

/* Makes one of a directory and the only thing in it. */
static int join_with_child(struct treemap_node *node)
{
	struct treemap_node *child = node->children.items[0];
	char *name = *node->name && !child->item ? str_format("%s/%s", node->name, child->name)
						 : strdup(child->name);

	if (!name)
		return -ENOMEM;
	free(node->name);
	node->name = name;
	node->item = child->item;
	node->path = child->path;
	node->path_size = child->path_size;
	vec_done(&node->children, NULL);
	node->children = child->children;
	child->children = (struct vec){ 0 };
	(void)treemap_node_free(child);
	return 0;
}

static int arrange(struct treemap_node *node)
{
	struct vec *children = &node->children;
	struct treemap_node *child;
	int r = 0;

	while (r >= 0 && children->n_items == 1)
		r = join_with_child(node);
	vec_sort(children, compare_nodes);
	vec_for_each(child, children) {
		if (r < 0)
			break;
		r = arrange(child);
	}
	return r;
}

void treemap_node_sum_groups(const struct treemap_node *node, uint64_t *sums)
{
	const struct treemap_node *child;

	if (node->item)
		sums[node->item->group] += node->size;
	vec_for_each(child, &node->children)
		treemap_node_sum_groups(child, sums);
}

int treemap_node_find_group(const struct treemap_node *node, size_t n_groups, size_t *ret_group)
{
	_cleanup_free_ uint64_t *sums = calloc(n_groups, sizeof(*sums));
	size_t largest = 0;

	if (!sums)
		return -ENOMEM;
	treemap_node_sum_groups(node, sums);
	for (size_t i = 1; i < n_groups; i++)
		if (sums[i] > sums[largest])
			largest = i;
	*ret_group = largest;
	return 0;
}

int treemap_tree_make(const struct treemap_item *items, size_t n_items,
		      struct treemap_node **ret_root)
{
	_cleanup_treemap_node_ struct treemap_node *root = node_add(NULL, "", 0);
	int r = root ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < n_items; i++)
		if (items[i].size > 0)
			r = add_item(root, &items[i]);
	if (r >= 0)
		r = arrange(root);
	if (r >= 0)
		*ret_root = TAKE_PTR(root);
	return r;
}
