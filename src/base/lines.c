/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

int lines_for_each(const char *text, line_cb on_line, void *userdata)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *line;
	unsigned int number = 0;
	int r = copy ? 0 : -ENOMEM;

	while (r >= 0 && (line = strsep(&rest, "\n")))
		r = on_line(userdata, line, ++number);
	return r;
}
