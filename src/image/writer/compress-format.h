/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/writer/sink.h"

/* What compress.c needs of each library; one file compress-NAME.c for each of them. */

struct compressor {
	const struct compress_format *format;
	struct sink sink;
	int level;
	unsigned int workers;
	void *stream; /* the library's own */
};

struct compress_format {
	const char *name;
	int min_level, default_level, max_level;
	/* Sets ->stream. 0, -ENOMEM or -EINVAL. */
	int (*open)(struct compressor *compressor);
	/* Takes all of @data; the last call has @is_last and gives the rest to the sink. */
	int (*write)(struct compressor *compressor, const void *data, size_t size, bool is_last);
	/* ->stream may be NULL. */
	void (*close)(struct compressor *compressor);
};

extern const struct compress_format compress_zstd, compress_gzip, compress_xz, compress_lz4;
