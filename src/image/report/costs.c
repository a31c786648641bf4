/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Adds up what costs how much in an image. Sizes are those of the files as the archive stores them:
 * a compressed module counts with its compressed size.
 */
#include "image/report/costs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/strmap.h"

static void cost_free(void *item)
{
	struct cost *cost = item;

	free(cost->name);
	free(cost);
}

void costs_done(struct costs *costs)
{
	vec_done(&costs->files, NULL);
	vec_done(&costs->largest, NULL);
	vec_done(&costs->classes, cost_free);
}

static void count(struct cost *cost, const struct contents_entry *entry)
{
	cost->size += entry->file->size;
	cost->n_files++;
}

/* The class @name, which is a new one if there is none yet; NULL without memory. */
static struct cost *get_class(struct costs *costs, struct strmap *classes_by_name, const char *name)
{
	struct cost *cost = strmap_get(classes_by_name, name);

	if (cost)
		return cost;
	cost = calloc(1, sizeof(*cost));
	if (!cost || vec_push(&costs->classes, cost) < 0) {
		free(cost);
		return NULL;
	}
	cost->name = strdup(name);
	return cost->name && strmap_set(classes_by_name, name, cost) >= 0 ? cost : NULL;
}

static int count_class(struct costs *costs, struct strmap *classes_by_name,
		       const struct contents_entry *entry)
{
	size_t size;
	const char *class = cost_module_class(entry->path, &size);
	_cleanup_free_ char *name = strndup(class, size);
	struct cost *cost = name ? get_class(costs, classes_by_name, name) : NULL;

	if (!cost)
		return -ENOMEM;
	count(cost, entry);
	return 0;
}

static int count_file(struct costs *costs, struct strmap *classes_by_name,
		      const struct contents_entry *entry)
{
	enum cost_group group;

	/* Of hard links, one stands for all. */
	if (!entry->file || entry->file->owner != entry)
		return 0;
	if (vec_push(&costs->files, (void *)entry) < 0)
		return -ENOMEM;
	group = cost_group_of(entry);
	count(&costs->groups[group], entry);
	count(&costs->all, entry);
	return group == COST_MODULES ? count_class(costs, classes_by_name, entry) : 0;
}

static int compare_costs(const void *a, const void *b)
{
	const struct cost *const *cost_a = a, *const *cost_b = b;

	if ((*cost_a)->size != (*cost_b)->size)
		return (*cost_a)->size < (*cost_b)->size ? 1 : -1;
	return strcmp((*cost_a)->name, (*cost_b)->name);
}

static int count_files(struct costs *costs)
{
	struct strmap classes_by_name = { 0 };
	const struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(&costs->image->contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		r = count_file(costs, &classes_by_name, entry);
		if (r < 0)
			break;
	}
	vec_done(&entries, NULL);
	strmap_done(&classes_by_name, NULL);
	if (r >= 0)
		vec_sort(&costs->classes, compare_costs);
	return r;
}

static int compare_files(const void *a, const void *b)
{
	const struct contents_entry *const *entry_a = a, *const *entry_b = b;
	uint64_t size_a = (*entry_a)->file->size, size_b = (*entry_b)->file->size;

	if (size_a != size_b)
		return size_a < size_b ? 1 : -1;
	return strcmp((*entry_a)->path, (*entry_b)->path);
}

static int find_largest(struct costs *costs, uint64_t n_largest)
{
	const struct contents_entry *entry;

	vec_for_each(entry, &costs->files)
		if (vec_push(&costs->largest, (void *)entry) < 0)
			return -ENOMEM;
	vec_sort(&costs->largest, compare_files);
	costs->largest.n_items = (size_t)MIN(costs->largest.n_items, n_largest);
	return 0;
}

int costs_count(const struct loaded_image *image, uint64_t n_largest, struct costs *ret_costs)
{
	_cleanup_costs_ struct costs costs = { .image = image };
	int r;

	r = count_files(&costs);
	if (r >= 0)
		r = find_largest(&costs, n_largest);
	if (r < 0)
		return r;
	*ret_costs = costs;
	costs = (struct costs){ 0 };
	return 0;
}
