/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/elf/search-path.h"

#include <elf.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"

/* A DT_RUNPATH is for its object alone; a DT_RPATH counts where neither has a DT_RUNPATH. */
const char *search_path_get(const struct elf *object, const struct elf *owner)
{
	const char *runpath = elf_get_string(object, DT_RUNPATH);

	if (runpath)
		return owner == object ? runpath : NULL;
	return elf_get_string(owner, DT_RUNPATH) ? NULL : elf_get_string(owner, DT_RPATH);
}

const char *search_path_next(const char **rest, size_t *ret_size)
{
	const char *dir = *rest;

	if (!dir || !*dir)
		return NULL;
	*ret_size = strcspn(dir, ":");
	*rest = dir + *ret_size;
	*rest += **rest == ':';
	return dir;
}

/* The length of what stands for the object's own directory at the beginning of @text, or 0. */
static size_t origin_size(const char *text)
{
	static const char *const forms[] = { "$ORIGIN", "${ORIGIN}" };

	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (str_after_prefix(text, forms[i]))
			return strlen(forms[i]);
	return 0;
}

bool search_path_has_origin(const char *text)
{
	return origin_size(text) > 0;
}

char *search_path_expand(const char *text, size_t size, const char *owner_path)
{
	_cleanup_strbuf_ struct strbuf expanded = { 0 };

	for (size_t i = 0; i < size;) {
		size_t n = origin_size(text + i);

		if (n > 0) {
			strbuf_append_bytes(&expanded, owner_path,
					    (size_t)(str_basename(owner_path) - owner_path));
			strbuf_append(&expanded, ".");
		} else if (text[i] == '$') {
			return NULL;
		} else {
			n = 1;
			strbuf_append_bytes(&expanded, text + i, n);
		}
		i += n;
	}
	return strbuf_string(&expanded)[0] == '/' ? strbuf_steal(&expanded) : NULL;
}

char *search_path_expand_name(const char *name, const char *owner_path)
{
	if (name[0] != '/' && name[0] != '$')
		return str_format("/%s", name);
	return search_path_expand(name, strlen(name), owner_path);
}
