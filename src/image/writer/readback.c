/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader is that of `kindling ls`: it shares no code with the writer, and knows nothing of the
 * tree, the cache or the compressors, so what it agrees with has been written as it was meant.
 */
#include "image/writer/readback.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/str.h"
#include "base/strmap.h"

struct expectation {
	const struct tree_entry *entry;
	size_t size;
	uint64_t checksum;
};

int readback_expect(struct readback *readback, const struct tree_entry *entry, size_t size,
		    uint64_t checksum)
{
	struct expectation *expectation = malloc(sizeof(*expectation));
	int r;

	if (!expectation)
		return -ENOMEM;
	*expectation = (struct expectation){ entry, size, checksum };
	r = vec_push(&readback->expected, expectation);
	if (r < 0)
		free(expectation);
	return r;
}

void readback_done(struct readback *readback)
{
	vec_done(&readback->expected, free);
}

static bool is_as_expected(const struct contents_entry *found,
			   const struct expectation *expectation)
{
	const struct tree_entry *entry = expectation->entry;

	if (!found || found->mode != entry->mode || found->rdev != entry->rdev)
		return false;
	if (S_ISLNK(entry->mode))
		return found->target && str_equal(found->target, entry->source);
	if (S_ISREG(entry->mode))
		return found->file && found->file->size == expectation->size &&
		       found->file->checksum == expectation->checksum;
	return true;
}

static int log_difference(const char *how, const char *where, const char *path)
{
	log_err("what was written is not what can be read again: the new image %s %s, so the disk, "
		"its file system or the memory is at fault; keeping %s as it is",
		how, where, path);
	return -EIO;
}

/* Notes in @met the entries of the image that are as expected, by their paths. */
static int check_expected(const struct readback *readback, const struct contents *contents,
			  const char *path, struct strmap *met)
{
	struct expectation *expectation;
	int r = 0;

	vec_for_each(expectation, &readback->expected) {
		const struct contents_entry *found =
			contents_get(contents, expectation->entry->path);

		if (!is_as_expected(found, expectation))
			return log_difference("differs at", expectation->entry->path, path);
		r = strmap_set(met, found->path, expectation);
		if (r < 0)
			break;
	}
	return r;
}

static int check_excess(const struct strmap *met, const struct contents *contents, const char *path)
{
	const struct contents_entry *entry;
	struct vec entries;
	int r;

	r = contents_sort(contents, &entries);
	if (r < 0)
		return r;
	vec_for_each(entry, &entries) {
		if (r >= 0 && !strmap_get(met, entry->path))
			r = log_difference("also has", entry->path, path);
	}
	vec_done(&entries, NULL);
	return r;
}

int readback_check(const struct readback *readback, const struct contents *contents,
		   const char *path)
{
	struct strmap met = { 0 };
	int r;

	r = check_expected(readback, contents, path, &met);
	if (r >= 0)
		r = check_excess(&met, contents, path);
	strmap_done(&met, NULL);
	return r;
}
