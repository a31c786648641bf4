/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compression as a stream: bytes come in by a sink and go out by another. */
#include "image/compress.h"

#include <errno.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/log.h"

struct compressor {
	ZSTD_CCtx *context;
	struct sink sink;
	size_t buffer_size;
	char buffer[];
};

int compressor_new(int level, unsigned int workers, struct sink sink,
		   struct compressor **ret_compressor)
{
	size_t buffer_size = ZSTD_CStreamOutSize();
	struct compressor *compressor = malloc(sizeof(*compressor) + buffer_size);

	if (!compressor)
		return -ENOMEM;
	*compressor = (struct compressor){
		.context = ZSTD_createCCtx(),
		.sink = sink,
		.buffer_size = buffer_size,
	};
	if (!compressor->context) {
		compressor_free(compressor);
		return -ENOMEM;
	}
	if (ZSTD_isError(
		    ZSTD_CCtx_setParameter(compressor->context, ZSTD_c_compressionLevel, level))) {
		compressor_free(compressor);
		return -EINVAL;
	}
	/*
	 * A library without threads refuses this and works alone. With threads the result depends
	 * on there being workers, not on their number, so never ask for none.
	 */
	(void)ZSTD_CCtx_setParameter(compressor->context, ZSTD_c_nbWorkers,
				     workers ? (int)workers : 1);
	*ret_compressor = compressor;
	return 0;
}

struct compressor *compressor_free(struct compressor *compressor)
{
	if (compressor) {
		(void)ZSTD_freeCCtx(compressor->context);
		free(compressor);
	}
	return NULL;
}

/* One turn of the library; @ret_left is 0 when nothing of what was asked for remains inside. */
static int step(struct compressor *compressor, ZSTD_inBuffer *in, ZSTD_EndDirective directive,
		size_t *ret_left)
{
	ZSTD_outBuffer out = { compressor->buffer, compressor->buffer_size, 0 };
	size_t left = ZSTD_compressStream2(compressor->context, &out, in, directive);

	if (ZSTD_isError(left)) {
		log_err("zstd cannot compress the image: %s", ZSTD_getErrorName(left));
		return -EIO;
	}
	*ret_left = left;
	return out.pos ? sink_write(&compressor->sink, out.dst, out.pos) : 0;
}

int compressor_write(void *userdata, const void *data, size_t size)
{
	struct compressor *compressor = userdata;
	ZSTD_inBuffer in = { data, size, 0 };
	size_t left;

	while (in.pos < in.size) {
		int r = step(compressor, &in, ZSTD_e_continue, &left);

		if (r < 0)
			return r;
	}
	return 0;
}

int compressor_finish(struct compressor *compressor)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	size_t left;
	int r;

	do
		r = step(compressor, &in, ZSTD_e_end, &left);
	while (r >= 0 && left > 0);
	return r;
}
