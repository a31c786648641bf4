/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names in an archive are relative to the root, and each tool writes them in a way of its own. */
#include "image/reader/image-path.h"

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"

int image_path_normalise(const char *name, char **ret_path)
{
	_cleanup_strbuf_ struct strbuf path = { 0 };

	for (const char *part = name, *end; *part; part = end + strspn(end, "/")) {
		size_t size;

		end = strchrnul(part, '/');
		size = (size_t)(end - part);
		if (size == 2 && part[0] == '.' && part[1] == '.')
			return -EINVAL;
		if (size == 0 || (size == 1 && part[0] == '.'))
			continue;
		strbuf_append(&path, "/");
		strbuf_append_bytes(&path, part, size);
	}
	if (path.size == 0)
		strbuf_append(&path, "/");
	*ret_path = strbuf_steal(&path);
	return *ret_path ? 0 : -ENOMEM;
}
