/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Strings "key=value", each with its end, maybe with some zeros between. */
struct modinfo_text {
	const char *begin, *end;
};

/* One look after another at more and more of a module. Zeroed: none yet. */
struct modinfo_scan {
	size_t searched; /* where the next look begins */
	struct modinfo_text found;
};

/*
 * Looks for .modinfo in the first @size bytes of a module, which may have moved since the last
 * look: @scan->found, within them. False if it is not, or not yet, there as a whole.
 */
bool modinfo_scan(struct modinfo_scan *scan, const char *data, size_t size);
