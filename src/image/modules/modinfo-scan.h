/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Strings "key=value", each with its end, maybe with some zeros between. */
struct modinfo_text {
	const char *begin, *end;
};

/*
 * .modinfo of a module of which only the first @size bytes are at hand; *@ret_text lies within
 * them. False if it is not, or not yet, there as a whole.
 */
bool modinfo_scan(const char *data, size_t size, struct modinfo_text *ret_text);
