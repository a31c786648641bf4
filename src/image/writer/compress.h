/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

#include "image/writer/sink.h"

/* What a whole archive is compressed with; the kernel knows them all (usr/Kconfig: RD_ZSTD, …). */
enum compression {
	COMPRESSION_NONE,
	COMPRESSION_ZSTD,
	COMPRESSION_GZIP,
	COMPRESSION_XZ,
	COMPRESSION_LZ4,
};

/* As users write it: "zstd". */
const char *compression_name(enum compression compression);

/* The compression of that name, the first @size characters of @text, or -EINVAL. */
int compression_from_name(const char *text, size_t size);

/* The levels that it has; 0 and 0 if it has none. */
void compression_get_levels(enum compression compression, int *ret_min, int *ret_max);

/* Whether @level is one that the compression has; 0, its default, always is. */
int compression_check_level(enum compression compression, int level);

/* One compressed stream on its way to a sink. */
struct compressor;

/*
 * @level 0 is the default. @workers threads, at least one, share the work where the library can;
 * how many there are does not change the result. 0, -ENOMEM, or -EINVAL if there is no such level.
 */
int compressor_new(enum compression compression, int level, unsigned int workers, struct sink sink,
		   struct compressor **ret_compressor);
struct compressor *compressor_free(struct compressor *compressor);

/*
 * Takes the next bytes, as a sink_cb with the compressor for user data. May block on the workers.
 * Errors of the sink, or -EIO and -ENOMEM, which have been logged.
 */
int compressor_write(void *userdata, const void *data, size_t size);

/* Ends the stream; what is still inside goes to the sink. */
int compressor_finish(struct compressor *compressor);
