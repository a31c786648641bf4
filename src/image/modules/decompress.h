/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strbuf.h"

/* How a file of firmware, microcode or a module lies on disk: its name tells. */
enum stored_as {
	STORED_PLAIN,
	STORED_ZSTD,
	STORED_XZ, /* the last that the kernel takes for firmware */
	STORED_GZIP,
	N_STORED_AS,
};

/* What the name ends with: "", ".zst", ".xz", ".gz". */
const char *stored_as_suffix(enum stored_as stored);

/* By the end of @name. */
enum stored_as stored_as_from_name(const char *name);

/*
 * Appends the content of the file at @path, at most @max bytes, to @content, which then also holds
 * a part of it if there is an error: those of open(2) and read(2), -EBADMSG if it is damaged,
 * -EFBIG, -ENOMEM.
 */
int decompress_file(const char *path, enum stored_as stored, size_t max, struct strbuf *content);
