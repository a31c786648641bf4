/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/image-indexes.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "kindling/image-layout.h"

static int make_directory(char **ret_dir)
{
	const char *parent = getenv("TMPDIR");
	_cleanup_free_ char *dir = NULL;

	if (!parent)
		parent = "/tmp";
	dir = str_format("%s/kindling-indexes.XXXXXX", parent);
	if (!dir)
		return -ENOMEM;
	if (!mkdtemp(dir))
		return log_err_errno(-errno,
				     "cannot make a directory for the image's indexes in %s",
				     parent);
	*ret_dir = TAKE_PTR(dir);
	return 0;
}

static int unpack(const char *dir, const struct contents_entry *entry)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, str_basename(entry->path));

	if (!path)
		return -ENOMEM;
	return file_publish(path, entry->file->data, (size_t)entry->file->size, 0600);
}

int image_indexes_unpack(const struct contents *contents, const char *kver, char **ret_dir)
{
	_cleanup_free_ char *prefix = str_format(IMAGE_MODULES "/%s/modules.", kver);
	const struct strmap_entry *slot;
	char *dir = NULL;
	int r = prefix ? make_directory(&dir) : -ENOMEM;

	if (r < 0)
		return r;
	strmap_for_each(slot, &contents->entries) {
		const struct contents_entry *entry = slot->value;

		if (str_after_prefix(entry->path, prefix) && entry->file && entry->file->data)
			r = unpack(dir, entry);
		if (r < 0)
			break;
	}
	if (r < 0) {
		image_indexes_remove(dir);
		return r;
	}
	*ret_dir = dir;
	return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	return remove(path);
}

void image_indexes_remove(char *dir)
{
	if (dir)
		(void)nftw(dir, remove_entry, 4, FTW_DEPTH | FTW_PHYS);
	free(dir);
}
