/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/option-list.h"

#include <string.h>

#include "base/str.h"

const char *option_list_find(const char *options, const char *name, size_t *ret_size)
{
	size_t name_size = strlen(name), size;
	const char *item, *found = NULL;

	while ((item = str_next_item(&options, &size))) {
		if (size < name_size || strncmp(item, name, name_size) != 0)
			continue;
		if (size == name_size) {
			found = "";
			*ret_size = 0;
		} else if (item[name_size] == '=') {
			found = item + name_size + 1;
			*ret_size = size - name_size - 1;
		}
	}
	return found;
}
