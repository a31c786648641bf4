/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* A file that is enough of a module: what it says of itself, and what it imports. */

#include <stdbool.h>
#include <stddef.h>

#include "base/strbuf.h"

struct fake_module {
	const char *modinfo; /* strings one after the other, each with its end */
	size_t modinfo_size;
	const char *const *imports; /* up to a NULL */
	bool is_32bit, is_big_endian;
};

/* Its bytes; the caller's. */
void fake_module_make(const struct fake_module *module, struct strbuf *ret_file);

void fake_module_write(const struct fake_module *module, const char *path);
