/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which tool made an image. */
#include "image/reader/image-origin.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/reader/image-file.h"
#include "image/reader/image-path.h"
#include "image/reader/image-reader.h"
#include "kindling/image-layout.h"

static bool is_manifest(const struct image_entry *entry)
{
	_cleanup_free_ char *path = NULL;

	return image_path_normalise(entry->name, &path) >= 0 && str_equal(path, IMAGE_MANIFEST);
}

bool image_origin_is_kindling(const char *path)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;

	if (!image_file_is_image(path) || image_reader_open(path, &reader) < 0)
		return false;
	while (image_reader_next(reader, &entry) > 0)
		if (is_manifest(&entry))
			return true;
	return false;
}
