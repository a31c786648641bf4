/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All that can be asked about an image; the content only as far as time allows. */
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "fuzz.h"
#include "image/reader/image-reader.h"

#define CONTENT_MAX (1UL << 20)

/* Makes the sanitizer look at each byte. */
static void touch_bytes(const uint8_t *bytes, size_t size)
{
	size_t zeros = 0;

	for (size_t i = 0; i < size; i++)
		zeros += bytes[i] == 0;
	FUZZ_CHECK(zeros <= size);
}

static void touch(const char *string)
{
	FUZZ_CHECK(!string || strnlen(string, PATH_MAX) < PATH_MAX);
}

static int read_content(struct image_reader *reader, const struct image_entry *entry, size_t *left)
{
	const void *content;
	uint64_t total = 0;
	ssize_t size = 1;

	while (size > 0 && *left > 0) {
		size = image_reader_read(reader, &content);
		if (size < 0)
			return -1;
		touch_bytes(content, (size_t)size);
		total += (uint64_t)size;
		*left -= MIN(*left, (size_t)size);
	}
	FUZZ_CHECK(total <= entry->size);
	FUZZ_CHECK(size > 0 || total == (S_ISREG(entry->mode) ? entry->size : 0));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_image_reader_ struct image_reader *reader = NULL;
	struct image_entry entry;
	size_t left = CONTENT_MAX;
	int r;

	/* That would be another program, at each turn; fuzz-stream-end has its framing. */
	if (memmem(data, size, "\x89LZO", 4))
		return 0;
	if (image_reader_open_memory(data, size, "the image", &reader) < 0)
		return 0;
	while ((r = image_reader_next(reader, &entry)) > 0) {
		touch(entry.name);
		touch(entry.target);
		FUZZ_CHECK(image_reader_compression(reader));
		FUZZ_CHECK(S_ISLNK(entry.mode) == (entry.target != NULL));
		if (read_content(reader, &entry, &left) < 0)
			break;
	}
	FUZZ_CHECK(r > 0 || image_reader_next(reader, &entry) == r);
	return 0;
}
