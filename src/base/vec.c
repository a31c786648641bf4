/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/vec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int vec_push(struct vec *vec, void *item)
{
	if (vec->n_items == vec->n_allocated) {
		size_t n = vec->n_allocated ? vec->n_allocated * 2 : 8;
		void **items = reallocarray(vec->items, n, sizeof(*items));

		if (!items)
			return -ENOMEM;
		vec->items = items;
		vec->n_allocated = n;
	}
	vec->items[vec->n_items++] = item;
	return 0;
}

int vec_push_copy(struct vec *vec, const char *string)
{
	char *copy = strdup(string);
	int r = copy ? vec_push(vec, copy) : -ENOMEM;

	if (r < 0)
		free(copy);
	return r;
}

void vec_sort(struct vec *vec, int (*compare)(const void *a, const void *b))
{
	if (vec->n_items > 0)
		qsort(vec->items, vec->n_items, sizeof(*vec->items), compare);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void vec_sort_strings(struct vec *vec)
{
	vec_sort(vec, compare_strings);
}

void vec_done(struct vec *vec, void (*free_item)(void *item))
{
	if (free_item)
		for (size_t i = 0; i < vec->n_items; i++)
			free_item(vec->items[i]);
	free(vec->items);
	*vec = (struct vec){ 0 };
}
