/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/* Growing array of pointers. A zeroed vec is empty and valid. */
struct vec {
	void **items;
	size_t n_items;
	size_t n_allocated;
};

/* Appends @item, not copied. 0 or -ENOMEM, and then the vec is as it was. */
int vec_push(struct vec *vec, void *item);

/* Appends a copy of @string, which is for free(3). 0 or -ENOMEM, and then the vec is as it was. */
int vec_push_copy(struct vec *vec, const char *string);

/* Sorts by a function for qsort(3), whose arguments point to items; or strings by their bytes. */
void vec_sort(struct vec *vec, int (*compare)(const void *a, const void *b));
void vec_sort_strings(struct vec *vec);

/* Frees the array, and each item with @free_item unless that is NULL. */
void vec_done(struct vec *vec, void (*free_item)(void *item));

#define vec_for_each(item, vec)                                                         \
	for (size_t item##_index = 0;                                                   \
	     item##_index < (vec)->n_items && ((item) = (vec)->items[item##_index], 1); \
	     item##_index++)
