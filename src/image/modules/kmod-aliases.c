/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A table of patterns that is asked which of them match a string. A pattern can match only what
 * begins with its literal part, so patterns are found by a hash of that, for each length that
 * occurs, and only those found are handed to fnmatch(3). The table for that is made when first
 * asked: whoever adds all modules by name does not need it.
 */
#include "image/modules/kmod-aliases.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

/* The literal part of "pci:v00008086d00001234sv*" has 25 characters. */
#define LITERAL_MAX 28

#define HASH_START 2166136261u /* FNV-1a */
#define HASH_PRIME 16777619u

void kmod_aliases_done(struct kmod_aliases *aliases)
{
	free(aliases->rows);
	free(aliases->buckets);
	*aliases = (struct kmod_aliases){ 0 };
}

static uint32_t hash_step(uint32_t hash, char c)
{
	return (hash ^ (unsigned char)c) * HASH_PRIME;
}

int kmod_aliases_add(struct kmod_aliases *aliases, const char *pattern, const char *name)
{
	if (aliases->n_rows == aliases->n_allocated) {
		size_t n = MAX(2 * aliases->n_allocated, 64);
		struct kmod_alias *rows = reallocarray(aliases->rows, n, sizeof(*rows));

		if (!rows)
			return -ENOMEM;
		aliases->rows = rows;
		aliases->n_allocated = n;
	}
	aliases->rows[aliases->n_rows++] = (struct kmod_alias){ .pattern = pattern, .name = name };
	free(aliases->buckets);
	aliases->buckets = NULL;
	return 0;
}

static bool is_literal(char c)
{
	return c && c != '*' && c != '?' && c != '[' && c != '\\';
}

static int make_buckets(struct kmod_aliases *aliases)
{
	size_t n_buckets = 64;

	while (n_buckets < aliases->n_rows)
		n_buckets *= 2;
	aliases->buckets = calloc(n_buckets, sizeof(*aliases->buckets));
	if (!aliases->buckets)
		return -ENOMEM;
	aliases->n_buckets = n_buckets;
	for (size_t i = 0; i < aliases->n_rows; i++) {
		struct kmod_alias *row = &aliases->rows[i];
		uint32_t *bucket;

		row->hash = HASH_START;
		row->literal_size = 0;
		while (row->literal_size < LITERAL_MAX &&
		       is_literal(row->pattern[row->literal_size]))
			row->hash = hash_step(row->hash, row->pattern[row->literal_size++]);
		bucket = &aliases->buckets[row->hash & (n_buckets - 1)];
		row->next = *bucket;
		*bucket = (uint32_t)i + 1;
	}
	return 0;
}

/* Pushes the rows whose literal part has that size and hash, and which match. */
static int match_literal(const struct kmod_aliases *aliases, const char *alias, uint32_t hash,
			 size_t literal_size, struct vec *matches)
{
	uint32_t next = aliases->buckets[hash & (aliases->n_buckets - 1)];

	while (next) {
		struct kmod_alias *row = &aliases->rows[next - 1];

		if (row->hash == hash && row->literal_size == literal_size &&
		    fnmatch(row->pattern, alias, 0) == 0 && vec_push(matches, row) < 0)
			return -ENOMEM;
		next = row->next;
	}
	return 0;
}

/* They are all of one array, in the order of priority. */
static int compare_rows(const void *a, const void *b)
{
	const struct kmod_alias *const *row_a = a, *const *row_b = b;

	return (*row_a > *row_b) - (*row_a < *row_b);
}

static bool has_name(const struct vec *names, const char *name)
{
	const char *other;

	vec_for_each(other, names)
		if (str_equal(other, name))
			return true;
	return false;
}

static int push_names(struct vec *matches, struct vec *names)
{
	const struct kmod_alias *row;
	int r = 0;

	if (matches->n_items > 1)
		qsort(matches->items, matches->n_items, sizeof(*matches->items), compare_rows);
	vec_for_each(row, matches) {
		if (!has_name(names, row->name))
			r = vec_push(names, (void *)row->name);
		if (r < 0)
			return r;
	}
	return 0;
}

int kmod_aliases_match(struct kmod_aliases *aliases, const char *alias, struct vec *ret_names)
{
	uint32_t hash = HASH_START;
	struct vec matches = { 0 };
	int r = 0;

	if (aliases->n_rows == 0)
		return 0;
	if (!aliases->buckets)
		r = make_buckets(aliases);
	for (size_t i = 0; r >= 0; i++) {
		r = match_literal(aliases, alias, hash, i, &matches);
		if (i == LITERAL_MAX || !alias[i])
			break;
		hash = hash_step(hash, alias[i]);
	}
	if (r >= 0)
		r = push_names(&matches, ret_names);
	vec_done(&matches, NULL);
	return r;
}

int kmod_alias_normalise(char *alias)
{
	for (char *next = alias; (next = strpbrk(next, "-[]")); next++) {
		if (*next == '-') {
			*next = '_';
			continue;
		}
		next = *next == '[' ? strchr(next, ']') : NULL;
		if (!next)
			return -EINVAL;
	}
	return 0;
}
