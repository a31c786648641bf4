/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/host/host-udev.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "image/host/host-sysfs.h"
#include "kindling/image-layout.h"

/* Of the line "E:KEY=VALUE". */
static const char *find_value(char *text, const char *key)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		const char *property = str_after_prefix(line, "E:");
		const char *rest = property ? str_after_prefix(property, key) : NULL;

		if (rest && *rest == '=')
			return rest + 1;
	}
	return NULL;
}

int host_udev_get(const struct host_reader *reader, const char *path, const char *key,
		  char **ret_value)
{
	_cleanup_free_ char *file = NULL, *text = NULL;
	char number[HOST_ATTRIBUTE_MAX];
	const char *value;
	int r;

	if (host_sysfs_read(reader, path, "dev", number) <= 0)
		return 0;
	file = str_format(RUN_UDEV_DATA "/b%s", number);
	if (!file)
		return -ENOMEM;
	r = host_reader_read_file(reader, file, &text);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	value = find_value(text, key);
	if (!value)
		return 0;
	*ret_value = strdup(value);
	return *ret_value ? 1 : -ENOMEM;
}
