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

struct expectation {
	const struct tree_entry *entry;
	size_t size;
	uint64_t crc;
};

int readback_expect(struct readback *readback, const struct tree_entry *entry, size_t size,
		    uint64_t crc)
{
	struct expectation *expectation = malloc(sizeof(*expectation));
	int r;

	if (!expectation)
		return -ENOMEM;
	*expectation = (struct expectation){ entry, size, crc };
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
		       found->file->checksum == expectation->crc;
	return true;
}

int readback_check(const struct readback *readback, const struct contents *contents,
		   const char *path)
{
	const struct expectation *expectation;

	vec_for_each(expectation, &readback->expected) {
		const struct contents_entry *found =
			contents_get(contents, expectation->entry->path);

		if (is_as_expected(found, expectation))
			continue;
		log_err("what was written is not what can be read again: the new image differs at "
			"%s, so the disk or its file system is at fault; keeping %s as it is",
			expectation->entry->path, path);
		return -EIO;
	}
	return 0;
}
