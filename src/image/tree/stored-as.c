/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/tree/stored-as.h"

#include "base/str.h"

static const char *const suffixes[N_STORED_AS] = {
	[STORED_PLAIN] = "",
	[STORED_ZSTD] = ".zst",
	[STORED_XZ] = ".xz",
	[STORED_GZIP] = ".gz",
};

const char *stored_as_suffix(enum stored_as stored)
{
	return suffixes[stored];
}

enum stored_as stored_as_from_name(const char *name)
{
	for (enum stored_as stored = STORED_ZSTD; stored < N_STORED_AS; stored++)
		if (str_has_suffix(name, suffixes[stored]))
			return stored;
	return STORED_PLAIN;
}
