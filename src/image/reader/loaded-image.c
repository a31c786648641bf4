/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an image holds, together with the file that it was read from. */
#include "image/reader/loaded-image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "image/reader/standard-input.h"

static uint64_t measure_file(const char *path)
{
	struct stat st;
	int r = str_equal(path, STANDARD_INPUT) ? fstat(STDIN_FILENO, &st) : stat(path, &st);

	return r == 0 ? (uint64_t)st.st_size : 0;
}

int loaded_image_read(const char *path, contents_wants_cb wants_data,
		      struct loaded_image *ret_image)
{
	_cleanup_loaded_image_ struct loaded_image image = { .path = strdup(path) };
	int r;

	if (!image.path)
		return -ENOMEM;
	r = contents_load(path, wants_data, &image.contents);
	if (r < 0)
		return r;
	image.size = measure_file(path);
	*ret_image = image;
	image = (struct loaded_image){ 0 };
	return 0;
}

void loaded_image_done(struct loaded_image *image)
{
	free(image->path);
	contents_done(&image->contents);
	*image = (struct loaded_image){ 0 };
}

uint64_t loaded_image_stored_size(const struct loaded_image *image,
				  const struct contents_segment *segment)
{
	const struct contents_segment *other;

	vec_for_each(other, &image->contents.segments)
		if (other->offset > segment->offset)
			return other->offset - segment->offset;
	return image->size - segment->offset;
}
