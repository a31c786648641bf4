/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/layers.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "base/str.h"

#define LAYERS_MAX 16 /* a mapping on an array on partitions is four */

static bool is_reached(const char *sysfs, const char *lower, const char *upper, unsigned int depth);

/* Whether one of what @directory lists, with names that begin with @prefix, is @upper or below. */
static bool any_reaches(const char *sysfs, const char *directory, const char *prefix,
			const char *upper, unsigned int depth)
{
	DIR *stream = opendir(directory);
	const struct dirent *entry;
	bool found = false;

	if (!stream)
		return false;
	while (!found && (entry = readdir(stream)))
		found = entry->d_name[0] != '.' && str_after_prefix(entry->d_name, prefix) &&
			(str_equal(entry->d_name, upper) ||
			 is_reached(sysfs, entry->d_name, upper, depth + 1));
	(void)closedir(stream);
	return found;
}

/* Partitions are directories in that of their disk, and begin with its name. */
static bool is_reached(const char *sysfs, const char *lower, const char *upper, unsigned int depth)
{
	char disk[PATH_MAX], holders[PATH_MAX];

	if (depth == LAYERS_MAX ||
	    snprintf(disk, sizeof(disk), "%s/class/block/%s", sysfs, lower) >= (int)sizeof(disk) ||
	    snprintf(holders, sizeof(holders), "%s/class/block/%s/holders", sysfs, lower) >=
		    (int)sizeof(holders))
		return false;
	return any_reaches(sysfs, holders, "", upper, depth) ||
	       any_reaches(sysfs, disk, lower, upper, depth);
}

bool layers_is_built_on(const char *sysfs, const char *upper, const char *lower)
{
	return is_reached(sysfs, lower, upper, 0);
}
