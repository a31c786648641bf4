/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/macro.h"

bool str_has_suffix(const char *string, const char *suffix)
{
	size_t size = strlen(string), suffix_size = strlen(suffix);

	return size >= suffix_size && str_equal(string + size - suffix_size, suffix);
}

const char *str_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

bool str_replace_nuls(char *bytes, size_t size)
{
	bool found = false;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i])
			continue;
		bytes[i] = '\n';
		found = true;
	}
	return found;
}

char *str_format(const char *format, ...)
{
	char *text;
	va_list args;
	int r;

	va_start(args, format);
	r = vasprintf(&text, format, args);
	va_end(args);
	return r < 0 ? NULL : text;
}

int str_assign(char **field, const char *value)
{
	char *copy = value ? strdup(value) : NULL;

	if (value && !copy)
		return -ENOMEM;
	free(*field);
	*field = copy;
	return 0;
}

const char *str_next_item(const char **list, size_t *ret_size)
{
	const char *item = *list;

	if (!*item)
		return NULL;
	*ret_size = strcspn(item, ",");
	*list = item + *ret_size + (item[*ret_size] == ',');
	return item;
}

bool str_list_has(const char *list, const char *word)
{
	const char *item;
	size_t size;

	while ((item = str_next_item(&list, &size)))
		if (str_item_is(item, size, word))
			return true;
	return false;
}

int str_parse_uint64(const char *string, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	/* strtoull() itself would take white space and signs. */
	if (!isdigit((unsigned char)string[0]))
		return -EINVAL;
	errno = 0;
	value = strtoull(string, &end, 10);
	if (*end)
		return -EINVAL;
	if (errno)
		return -errno;
	*ret_value = value;
	return 0;
}

int str_parse_int(const char *string, int *ret_value)
{
	bool negative = string[0] == '-';
	uint64_t value;
	int r;

	r = str_parse_uint64(string + negative, &value);
	if (r < 0)
		return r;
	if (value > INT_MAX)
		return -ERANGE;
	*ret_value = negative ? -(int)value : (int)value;
	return 0;
}

int str_parse_bool(const char *string)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on" };
	static const char *const no[] = { "0", "no", "n", "false", "f", "off" };

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
		if (strcasecmp(string, yes[i]) == 0)
			return 1;
	for (size_t i = 0; i < ARRAY_SIZE(no); i++)
		if (strcasecmp(string, no[i]) == 0)
			return 0;
	return -EINVAL;
}
