/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* How a file of firmware, microcode or a module lies on disk or in an image: its name tells. */
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
