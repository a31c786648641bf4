/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A stored name leads to a path below the root, or to none; and a path to itself. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "fuzz.h"
#include "image/reader/image-path.h"

static void check_path(const char *path)
{
	FUZZ_CHECK(path[0] == '/');
	if (path[1] == '\0')
		return;
	for (const char *part = path; *part; part += strcspn(part, "/")) {
		size_t size;

		part++;
		size = strcspn(part, "/");
		FUZZ_CHECK(size > 0);
		FUZZ_CHECK(size != 1 || part[0] != '.');
		FUZZ_CHECK(size != 2 || part[0] != '.' || part[1] != '.');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *name = strndup((const char *)data, size), *path = NULL, *again = NULL;
	int r;

	r = image_path_normalise(name, &path);
	if (r < 0) {
		FUZZ_CHECK(r == -EINVAL && strstr(name, ".."));
		return 0;
	}
	check_path(path);
	FUZZ_CHECK(image_path_normalise(path, &again) == 0 && str_equal(path, again));
	return 0;
}
