/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes for people, in the decimal units of disks and downloads. */
#include "image/report/size-text.h"

#include <stdio.h>

#include "base/macro.h"

static struct size_text format(const char *sign, uint64_t bytes)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes / 1000;
	struct size_text text;
	size_t unit = 0;

	if (bytes < 1000) {
		(void)snprintf(text.text, sizeof(text.text), "%s%u B", sign, (unsigned int)bytes);
		return text;
	}
	/* What would be rounded to 1000.0 is better said in the next unit. */
	for (; value >= 999.95 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	(void)snprintf(text.text, sizeof(text.text), "%s%.1f %s", sign, value, units[unit]);
	return text;
}

struct size_text size_text(uint64_t bytes)
{
	return format("", bytes);
}

struct size_text size_text_signed(int64_t bytes)
{
	uint64_t magnitude = bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes;

	return format(bytes < 0 ? "-" : "+", magnitude);
}
