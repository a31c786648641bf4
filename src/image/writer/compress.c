/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression of a whole archive as a stream: bytes come in by a sink and go out by another. */
#include "image/writer/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "image/writer/compress-format.h"

static int pass_on(struct compressor *compressor, const void *data, size_t size, bool is_last)
{
	return size ? sink_write(&compressor->sink, data, size) : 0;
}

static const struct compress_format compress_none = { .name = "none", .write = pass_on };

static const struct compress_format *const formats[] = {
	[COMPRESSION_NONE] = &compress_none, [COMPRESSION_ZSTD] = &compress_zstd,
	[COMPRESSION_GZIP] = &compress_gzip, [COMPRESSION_XZ] = &compress_xz,
	[COMPRESSION_LZ4] = &compress_lz4,
};

const char *compression_name(enum compression compression)
{
	return formats[compression]->name;
}

int compression_from_name(const char *text, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
		if (str_item_is(text, size, formats[i]->name))
			return (int)i;
	return -EINVAL;
}

void compression_get_levels(enum compression compression, int *ret_min, int *ret_max)
{
	*ret_min = formats[compression]->min_level;
	*ret_max = formats[compression]->max_level;
}

int compression_check_level(enum compression compression, int level)
{
	const struct compress_format *format = formats[compression];

	return level == 0 || (level >= format->min_level && level <= format->max_level) ? 0
											: -EINVAL;
}

int compressor_new(enum compression compression, int level, unsigned int workers, struct sink sink,
		   struct compressor **ret_compressor)
{
	const struct compress_format *format = formats[compression];
	struct compressor *compressor;
	int r;

	r = compression_check_level(compression, level);
	if (r < 0)
		return r;
	compressor = malloc(sizeof(*compressor));
	if (!compressor)
		return -ENOMEM;
	*compressor = (struct compressor){
		.format = format,
		.sink = sink,
		.level = level ? level : format->default_level,
		.workers = MAX(workers, 1U),
	};
	r = format->open ? format->open(compressor) : 0;
	if (r < 0) {
		compressor_free(compressor);
		return r;
	}
	*ret_compressor = compressor;
	return 0;
}

struct compressor *compressor_free(struct compressor *compressor)
{
	if (compressor) {
		if (compressor->format->close)
			compressor->format->close(compressor);
		free(compressor);
	}
	return NULL;
}

int compressor_write(void *userdata, const void *data, size_t size)
{
	struct compressor *compressor = userdata;

	/* liblzma takes it for an error if a call gives it nothing to do. */
	return size ? compressor->format->write(compressor, data, size, false) : 0;
}

int compressor_finish(struct compressor *compressor)
{
	return compressor->format->write(compressor, "", 0, true);
}
