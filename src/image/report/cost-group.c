/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorts the files of an image by what they are; by their paths, as nothing is decompressed here. */
#include "image/report/cost-group.h"

#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "base/str.h"
#include "image/report/module-name.h"
#include "kindling/image-layout.h"

static const char *const names[COST_GROUP_COUNT] = {
	[COST_MODULES] = "kernel modules", [COST_FIRMWARE] = "firmware",
	[COST_LIBRARIES] = "libraries",    [COST_PROGRAMS] = "programs",
	[COST_INDEXES] = "module indexes", [COST_OTHER] = "other",
};

const char *cost_group_name(enum cost_group group)
{
	return names[group];
}

/* What follows the first of the prefixes that @path has, or NULL. */
static const char *after_prefixes(const char *path, const char *const *prefixes, size_t n)
{
	const char *rest = NULL;

	for (size_t i = 0; !rest && i < n; i++)
		rest = str_after_prefix(path, prefixes[i]);
	return rest;
}

/* What follows the directory of the kernel's modules, or NULL. */
static const char *below_modules(const char *path)
{
	static const char *const prefixes[] = { IMAGE_MODULES "/", "/lib/modules/" };
	const char *kver = after_prefixes(path, prefixes, ARRAY_SIZE(prefixes));
	const char *slash = kver ? strchr(kver, '/') : NULL;

	return slash ? slash + 1 : NULL;
}

/* The last two are where the kernel looks in the first, uncompressed archive of an image. */
static bool is_firmware(const char *path)
{
	static const char *const prefixes[] = {
		"/usr/lib/firmware/",
		"/lib/firmware/",
		"/kernel/x86/microcode/",
		"/kernel/firmware/",
	};

	return after_prefixes(path, prefixes, ARRAY_SIZE(prefixes));
}

bool cost_is_library(const char *path)
{
	const char *name = str_basename(path);

	return str_has_suffix(name, ".so") || strstr(name, ".so.");
}

enum cost_group cost_group_of(const struct contents_entry *entry)
{
	const char *below = below_modules(entry->path);

	if (below && module_name_is_path(below))
		return COST_MODULES;
	if (below && str_after_prefix(below, "modules."))
		return COST_INDEXES;
	if (is_firmware(entry->path))
		return COST_FIRMWARE;
	if (cost_is_library(entry->path))
		return COST_LIBRARIES;
	return entry->mode & 0111 ? COST_PROGRAMS : COST_OTHER;
}

const char *cost_module_class(const char *path, size_t *ret_size)
{
	const char *class = below_modules(path), *in_tree, *drivers, *end;

	if (!class)
		class = path;
	in_tree = str_after_prefix(class, "kernel/");
	if (in_tree)
		class = in_tree;
	/* "drivers" alone would say nothing. */
	drivers = str_after_prefix(class, "drivers/");
	end = strchr(drivers ? drivers : class, '/');
	if (!end)
		end = str_basename(class);
	/* Without the slash, for a module that lies right below its class. */
	*ret_size = (size_t)(end - class) - (end > class && end[-1] == '/' ? 1 : 0);
	return class;
}
