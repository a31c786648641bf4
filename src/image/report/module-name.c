/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The many spellings of a module's name: for the kernel, "snd-pcm.ko.zst" is "snd_pcm". */
#include "image/report/module-name.h"

#include <string.h>

#include "base/str.h"
#include "image/tree/stored-as.h"

const char *compression_suffix(const char *path)
{
	return path + strlen(path) - strlen(stored_as_suffix(stored_as_from_name(path)));
}

/* The length of @name without the suffixes of a module; all of it if it has none. */
static size_t stem_size(const char *name)
{
	size_t size = (size_t)(compression_suffix(name) - name);

	if (size > 3 && strncmp(name + size - 3, ".ko", 3) == 0)
		return size - 3;
	return strlen(name);
}

bool module_name_is_path(const char *path)
{
	const char *name = str_basename(path);

	return stem_size(name) < strlen(name);
}

char *module_name_normalise(const char *name)
{
	char *normal = strndup(name, stem_size(name));

	for (char *c = normal; c && *c; c++)
		if (*c == '-')
			*c = '_';
	return normal;
}

bool module_name_matches(const char *path, const char *name)
{
	const char *file = str_basename(path);
	size_t size = stem_size(file);

	if (!module_name_is_path(path) || stem_size(name) != size)
		return false;
	for (size_t i = 0; i < size; i++) {
		char a = file[i] == '-' ? '_' : file[i], b = name[i] == '-' ? '_' : name[i];

		if (a != b)
			return false;
	}
	return true;
}
