/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What differs between two images.
 *
 * Entries are matched by their paths, without the kernel's version where it is another one; then,
 * of what is left over, modules and firmware also without the suffix that tells how they are
 * compressed. Contents are compared by size and checksum.
 */
#include "image/report/difference.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/report/cost-group.h"
#include "image/report/module-name.h"

/* An entry of one image on its way to its counterpart. */
struct candidate {
	const struct contents_entry *entry;
	char *path; /* without version */
	bool is_matched;
};

/* One of the two images. */
struct side {
	const struct contents *contents;
	const char *kver;      /* to be taken out, or NULL */
	struct vec candidates; /* struct candidate, by the entry's path */
	struct strmap by_path, by_stem;
};

static void candidate_free(void *item)
{
	struct candidate *candidate = item;

	free(candidate->path);
	free(candidate);
}

static void side_done(struct side *side)
{
	vec_done(&side->candidates, candidate_free);
	strmap_done(&side->by_path, NULL);
	strmap_done(&side->by_stem, NULL);
}

static void difference_free(void *item)
{
	struct difference *difference = item;

	free(difference->path);
	free(difference);
}

void comparison_done(struct comparison *comparison)
{
	vec_done(&comparison->differences, difference_free);
	free(comparison->kver_a);
	free(comparison->kver_b);
}

/* @path with each component that is @kver replaced; a copy of it if @kver is NULL. */
static char *take_out(const char *path, const char *kver)
{
	size_t kver_size = kver ? strlen(kver) : 0;
	struct strbuf buf = { 0 };
	char *result;

	while (*path) {
		size_t slashes = strspn(path, "/"), size = strcspn(path + slashes, "/");

		strbuf_append_bytes(&buf, path, slashes);
		path += slashes;
		if (kver && size == kver_size && strncmp(path, kver, size) == 0)
			strbuf_append(&buf, COMPARISON_KVER);
		else
			strbuf_append_bytes(&buf, path, size);
		path += size;
	}
	result = strbuf_steal(&buf);
	strbuf_done(&buf);
	return result;
}

/* Whether it is of a kind that the kernel takes in compressed form as well. */
static bool has_forms(const struct contents_entry *entry)
{
	enum cost_group group = cost_group_of(entry);

	return S_ISREG(entry->mode) && (group == COST_MODULES || group == COST_FIRMWARE);
}

/* The path without the suffix of its form; a copy of it all if it has no such. */
static char *make_stem(const struct candidate *candidate)
{
	const char *path = candidate->path;

	if (!has_forms(candidate->entry))
		return strdup(path);
	return strndup(path, (size_t)(compression_suffix(path) - path));
}

static int add_candidate(struct side *side, const struct contents_entry *entry)
{
	struct candidate *candidate = calloc(1, sizeof(*candidate));
	_cleanup_free_ char *stem = NULL;
	int r;

	if (!candidate || vec_push(&side->candidates, candidate) < 0) {
		free(candidate);
		return -ENOMEM;
	}
	candidate->entry = entry;
	candidate->path = take_out(entry->path, side->kver);
	if (!candidate->path)
		return -ENOMEM;
	stem = make_stem(candidate);
	if (!stem)
		return -ENOMEM;
	r = strmap_set(&side->by_path, candidate->path, candidate);
	return r < 0 ? r : strmap_set(&side->by_stem, stem, candidate);
}

static int fill_side(struct side *side)
{
	const struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(side->contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		r = add_candidate(side, entry);
		if (r < 0)
			break;
	}
	vec_done(&entries, NULL);
	return r;
}

static bool is_same_target(const struct side *a, const struct contents_entry *entry_a,
			   const struct side *b, const struct contents_entry *entry_b)
{
	_cleanup_free_ char *target_a = take_out(entry_a->target, a->kver);
	_cleanup_free_ char *target_b = take_out(entry_b->target, b->kver);

	return target_a && target_b && str_equal(target_a, target_b);
}

static unsigned int compare_files(const struct contents_entry *a, const struct contents_entry *b)
{
	bool is_same = a->file->size == b->file->size && a->file->checksum == b->file->checksum;

	if (is_same)
		return 0;
	/* What is in a compressed file cannot be told from outside; that it has another form can.
	 */
	if (has_forms(a) && has_forms(b) &&
	    !str_equal(compression_suffix(a->path), compression_suffix(b->path)))
		return CHANGE_FORM;
	return CHANGE_CONTENT;
}

static unsigned int compare(const struct side *side_a, const struct contents_entry *a,
			    const struct side *side_b, const struct contents_entry *b)
{
	unsigned int changes = 0;

	if ((a->mode & S_IFMT) != (b->mode & S_IFMT))
		return CHANGE_TYPE;
	if (S_ISREG(a->mode))
		changes |= compare_files(a, b);
	if (S_ISLNK(a->mode) && !is_same_target(side_a, a, side_b, b))
		changes |= CHANGE_TARGET;
	if (a->mode != b->mode && !S_ISLNK(a->mode))
		changes |= CHANGE_MODE;
	if (a->uid != b->uid || a->gid != b->gid)
		changes |= CHANGE_OWNER;
	if (a->rdev != b->rdev)
		changes |= CHANGE_DEVICE;
	return changes;
}

static int add_difference(struct comparison *comparison, const char *path,
			  const struct contents_entry *a, const struct contents_entry *b,
			  unsigned int changes)
{
	struct difference *difference = calloc(1, sizeof(*difference));

	if (!difference || vec_push(&comparison->differences, difference) < 0) {
		free(difference);
		return -ENOMEM;
	}
	difference->path = strdup(path);
	difference->a = a;
	difference->b = b;
	difference->changes = changes;
	return difference->path ? 0 : -ENOMEM;
}

/* Both are the same file, if not of the same content. */
static int match(struct comparison *comparison, const struct side *side_a, struct candidate *a,
		 const struct side *side_b, struct candidate *b)
{
	unsigned int changes = compare(side_a, a->entry, side_b, b->entry);

	a->is_matched = b->is_matched = true;
	return changes ? add_difference(comparison, b->path, a->entry, b->entry, changes) : 0;
}

static int match_paths(struct comparison *comparison, const struct side *a, const struct side *b)
{
	struct candidate *candidate, *other;
	int r = 0;

	vec_for_each(candidate, &a->candidates) {
		other = strmap_get(&b->by_path, candidate->path);
		if (other && !other->is_matched)
			r = match(comparison, a, candidate, b, other);
		if (r < 0)
			return r;
	}
	return 0;
}

static int match_stems(struct comparison *comparison, const struct side *a, const struct side *b)
{
	struct candidate *candidate, *other;
	int r = 0;

	vec_for_each(candidate, &a->candidates) {
		_cleanup_free_ char *stem = NULL;

		if (candidate->is_matched || !has_forms(candidate->entry))
			continue;
		stem = make_stem(candidate);
		if (!stem)
			return -ENOMEM;
		other = strmap_get(&b->by_stem, stem);
		if (other && !other->is_matched && has_forms(other->entry))
			r = match(comparison, a, candidate, b, other);
		if (r < 0)
			return r;
	}
	return 0;
}

static int add_unmatched(struct comparison *comparison, const struct side *side, bool is_b)
{
	const struct candidate *candidate;
	int r;

	vec_for_each(candidate, &side->candidates) {
		if (candidate->is_matched)
			continue;
		r = add_difference(comparison, candidate->path, is_b ? NULL : candidate->entry,
				   is_b ? candidate->entry : NULL, 0);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool has_string(const struct vec *strings, const char *string)
{
	const char *item;

	vec_for_each(item, strings)
		if (str_equal(item, string))
			return true;
	return false;
}

/* The one kernel of @kvers that the others lack, or NULL if there is none or more than one. */
static const char *find_own(const struct vec *kvers, const struct vec *others)
{
	const char *kver, *own = NULL;

	vec_for_each(kver, kvers) {
		if (has_string(others, kver))
			continue;
		if (own)
			return NULL;
		own = kver;
	}
	return own;
}

/* Which kernel's version to take out of each, if each has one that the other lacks. */
static int find_kernels(struct comparison *comparison, const struct contents *a,
			const struct contents *b)
{
	struct vec kvers_a = { 0 }, kvers_b = { 0 };
	const char *own_a, *own_b;
	int r;

	r = contents_list_kernels(a, &kvers_a);
	if (r >= 0)
		r = contents_list_kernels(b, &kvers_b);
	own_a = find_own(&kvers_a, &kvers_b);
	own_b = find_own(&kvers_b, &kvers_a);
	if (r >= 0 && own_a && own_b) {
		comparison->kver_a = strdup(own_a);
		comparison->kver_b = strdup(own_b);
		r = comparison->kver_a && comparison->kver_b ? 0 : -ENOMEM;
	}
	vec_done(&kvers_a, free);
	vec_done(&kvers_b, free);
	return r;
}

static int compare_differences(const void *a, const void *b)
{
	const struct difference *const *difference_a = a, *const *difference_b = b;

	return strcmp((*difference_a)->path, (*difference_b)->path);
}

int comparison_make(const struct contents *a, const struct contents *b,
		    struct comparison *ret_comparison)
{
	_cleanup_comparison_ struct comparison comparison = { 0 };
	_cleanup_(side_done) struct side side_a = { .contents = a };
	_cleanup_(side_done) struct side side_b = { .contents = b };
	int r;

	r = find_kernels(&comparison, a, b);
	side_a.kver = comparison.kver_a;
	side_b.kver = comparison.kver_b;
	if (r >= 0)
		r = fill_side(&side_a);
	if (r >= 0)
		r = fill_side(&side_b);
	if (r >= 0)
		r = match_paths(&comparison, &side_a, &side_b);
	if (r >= 0)
		r = match_stems(&comparison, &side_a, &side_b);
	if (r >= 0)
		r = add_unmatched(&comparison, &side_a, false);
	if (r >= 0)
		r = add_unmatched(&comparison, &side_b, true);
	if (r < 0)
		return r;
	vec_sort(&comparison.differences, compare_differences);
	*ret_comparison = comparison;
	comparison = (struct comparison){ 0 };
	return 0;
}
