/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

/* A file in the picture. Strings are borrowed; their bytes may be anything. */
struct treemap_item {
	const char *path; /* absolute */
	uint64_t size;    /* in bytes; what has none is not shown */
	unsigned int group;
};

/* A directory or a file. */
struct treemap_node {
	const struct treemap_item *item; /* of a file, else NULL */
	char *name;                      /* from its parent on: "usr/lib" */
	size_t path_size;                /* how much of any item's path below it is its own path */
	const char *path;                /* that item's path; NULL if there is no item at all */
	struct vec children;             /* struct treemap_node, the largest first */
	uint64_t size;                   /* of all that is below it, as is the number of files */
	size_t n_files;
};

#define _cleanup_treemap_node_ __attribute__((cleanup(treemap_node_cleanup)))

/*
 * The tree of all items that have a size, which are sorted by path, directories before what is in
 * them, and must outlive it. A directory with but one thing in it is one node with that. 0 or
 * -ENOMEM; the tree is the caller's to free.
 */
int treemap_tree_make(const struct treemap_item *items, size_t n_items,
		      struct treemap_node **ret_root);
struct treemap_node *treemap_node_free(struct treemap_node *node);
void treemap_node_cleanup(struct treemap_node **node);

/* Adds the bytes of all files below @node to the sum of the group that each is of. */
void treemap_node_sum_groups(const struct treemap_node *node, uint64_t *sums);

/* The group that the most of its bytes belong to, of @n_groups. 0 or -ENOMEM. */
int treemap_node_find_group(const struct treemap_node *node, size_t n_groups, size_t *ret_group);
