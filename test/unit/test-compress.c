/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a compressor makes is unpacked again by the reader's decoders, which share no code with it,
 * and must not depend on how many threads there were or in which pieces the bytes came.
 */
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "image/reader/compressed-stream.h"
#include "image/writer/compress.h"
#include "image/writer/zstd-frame.h"
#include "support.h"

/* More than two blocks of the formats that have any. */
#define LARGE ((size_t)19 * 1024 * 1024 + 5)

static const enum compression compressions[] = { COMPRESSION_NONE, COMPRESSION_ZSTD,
						 COMPRESSION_GZIP, COMPRESSION_XZ,
						 COMPRESSION_LZ4 };

/* Words of a small vocabulary: neither all the same nor without any repetition. */
static char *make_text(size_t size)
{
	char *text = malloc(size + 1);
	uint32_t state = 1;

	assert_non_null(text);
	for (size_t at = 0; at < size;) {
		uint32_t number = next_random(&state);

		for (unsigned int i = 0; i < 8 && at < size; i++)
			text[at++] = (char)('a' + ((number >> (i % 3 * 4)) & 15));
	}
	return text;
}

static int append_bytes(void *userdata, const void *data, size_t size)
{
	strbuf_append_bytes(userdata, data, size);
	return 0;
}

struct recipe {
	enum compression compression;
	int level;
	unsigned int workers;
	size_t piece; /* 0: all at once */
};

static void compress_text(const struct recipe *recipe, const char *text, size_t size,
			  struct strbuf *ret_packed)
{
	size_t piece = recipe->piece ? recipe->piece : size;
	struct compressor *compressor;

	assert_int_equal(compressor_new(recipe->compression, recipe->level, recipe->workers,
					(struct sink){ append_bytes, ret_packed }, &compressor),
			 0);
	for (size_t at = 0; at < size; at += piece)
		assert_int_equal(compressor_write(compressor, text + at, MIN(piece, size - at)), 0);
	assert_int_equal(compressor_finish(compressor), 0);
	assert_null(compressor_free(compressor));
	assert_false(ret_packed->failed);
}

static void expect_unpacked(enum compression compression, const struct strbuf *packed,
			    const char *text, size_t size)
{
	const uint8_t *bytes = (const uint8_t *)packed->data, *data;
	struct compressed_stream *stream;
	size_t at = 0;
	ssize_t n;

	if (compression == COMPRESSION_NONE) {
		assert_int_equal(packed->size, size);
		assert_memory_equal(strbuf_string(packed), text, size);
		return;
	}
	assert_string_equal(compressed_stream_identify(bytes, packed->size),
			    compression_name(compression));
	assert_int_equal(compressed_stream_open(bytes, packed->size, "test", &stream), 0);
	while ((n = compressed_stream_peek(stream, &data)) > 0) {
		assert_true((size_t)n <= size - at);
		assert_memory_equal(data, text + at, (size_t)n);
		compressed_stream_consume(stream, (size_t)n);
		at += (size_t)n;
	}
	assert_int_equal(n, 0);
	assert_int_equal(at, size);
	assert_int_equal(compressed_stream_size(stream), packed->size);
	compressed_stream_free(stream);
}

struct row {
	const char *name;
	enum compression compression;
	int level;
	size_t size, piece;
	size_t at_most; /* packed */
};

static const struct row rows[] = {
	{ "none", COMPRESSION_NONE, 0, 1000, 7, 1000 },
	{ "none, nothing", COMPRESSION_NONE, 0, 0, 0, 0 },
	{ "zstd, one byte", COMPRESSION_ZSTD, 0, 1, 0, 32 },
	{ "zstd, byte by byte", COMPRESSION_ZSTD, 0, 5000, 1, 3500 },
	{ "zstd, level 1", COMPRESSION_ZSTD, 1, 300000, 4096, 200000 },
	{ "zstd, level 19", COMPRESSION_ZSTD, 19, 300000, 4096, 180000 },
	{ "zstd, large", COMPRESSION_ZSTD, 1, LARGE, 0, LARGE * 2 / 3 },
	{ "gzip, one byte", COMPRESSION_GZIP, 0, 1, 0, 32 },
	{ "gzip, byte by byte", COMPRESSION_GZIP, 0, 5000, 1, 3500 },
	{ "gzip, level 1", COMPRESSION_GZIP, 1, 300000, 4096, 200000 },
	{ "gzip, level 9", COMPRESSION_GZIP, 9, 300000, 4096, 180000 },
	{ "gzip, large", COMPRESSION_GZIP, 1, LARGE, 0, LARGE * 2 / 3 },
	{ "xz, one byte", COMPRESSION_XZ, 0, 1, 0, 128 },
	{ "xz, byte by byte", COMPRESSION_XZ, 0, 5000, 1, 3500 },
	{ "xz, level 1", COMPRESSION_XZ, 1, 300000, 4096, 200000 },
	{ "xz, level 9", COMPRESSION_XZ, 9, 300000, 4096, 180000 },
	{ "xz, large", COMPRESSION_XZ, 1, LARGE, 0, LARGE * 2 / 3 },
	{ "lz4, one byte", COMPRESSION_LZ4, 0, 1, 0, 32 },
	{ "lz4, byte by byte", COMPRESSION_LZ4, 0, 5000, 1, 5000 },
	{ "lz4, level 3", COMPRESSION_LZ4, 3, 300000, 4096, 290000 },
	{ "lz4, level 12", COMPRESSION_LZ4, 12, 300000, 4096, 290000 },
	{ "lz4, large", COMPRESSION_LZ4, 3, LARGE, 0, LARGE },
	{ "lz4, one block exactly", COMPRESSION_LZ4, 3, 8388608, 0, 8388608 },
};

static void test_round_trip(void **state)
{
	const struct row *row = *state;
	const struct recipe recipe = { row->compression, row->level, 2, row->piece };
	_cleanup_free_ char *text = make_text(row->size);
	_cleanup_strbuf_ struct strbuf packed = { 0 };

	compress_text(&recipe, text, row->size, &packed);
	if (packed.size > row->at_most)
		fail_msg("%zu bytes became %zu", row->size, packed.size);
	expect_unpacked(row->compression, &packed, text, row->size);
}

static void test_higher_levels_make_less(void **state)
{
	static const struct {
		enum compression compression;
		int low, high;
	} levels[] = {
		{ COMPRESSION_ZSTD, 1, 19 },
		{ COMPRESSION_GZIP, 1, 9 },
		{ COMPRESSION_XZ, 1, 9 },
		{ COMPRESSION_LZ4, 3, 12 },
	};
	_cleanup_free_ char *text = make_text(500000);

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		_cleanup_strbuf_ struct strbuf low = { 0 }, high = { 0 };
		struct recipe recipe = { levels[i].compression, levels[i].low, 1, 0 };

		compress_text(&recipe, text, 500000, &low);
		recipe.level = levels[i].high;
		compress_text(&recipe, text, 500000, &high);
		assert_true(high.size < low.size);
	}
}

/* Not the number of threads, nor the pieces, nor what was compressed before. */
static void test_reproducible(void **state)
{
	static const struct {
		unsigned int workers;
		size_t piece;
	} ways[] = { { 1, 0 }, { 2, 0 }, { 4, 0 }, { 1024, 0 }, { 0, 0 }, { 4, 70001 } };
	_cleanup_free_ char *text = make_text(LARGE);

	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		_cleanup_strbuf_ struct strbuf first = { 0 };

		for (size_t j = 0; j < ARRAY_SIZE(ways); j++) {
			const struct recipe recipe = { compressions[i],
						       compressions[i] == COMPRESSION_LZ4 ? 3 : 1,
						       ways[j].workers, ways[j].piece };
			_cleanup_strbuf_ struct strbuf packed = { 0 };

			if (compressions[i] == COMPRESSION_NONE)
				continue;
			compress_text(&recipe, text, LARGE, j ? &packed : &first);
			if (j == 0)
				continue;
			assert_int_equal(packed.size, first.size);
			assert_memory_equal(packed.data, first.data, first.size);
		}
	}
}

/* Nothing becomes a stream as well, one that says what it is. */
static void test_nothing(void **state)
{
	for (size_t i = 1; i < ARRAY_SIZE(compressions); i++) {
		const struct recipe recipe = { .compression = compressions[i], .workers = 1 };
		_cleanup_strbuf_ struct strbuf packed = { 0 };

		compress_text(&recipe, "", 0, &packed);
		assert_string_equal(compressed_stream_identify((const uint8_t *)packed.data,
							       packed.size),
				    compression_name(compressions[i]));
	}
}

static void test_writes_of_nothing(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		_cleanup_strbuf_ struct strbuf packed = { 0 };
		struct compressor *compressor;

		assert_int_equal(compressor_new(compressions[i], 0, 1,
						(struct sink){ append_bytes, &packed },
						&compressor),
				 0);
		for (int j = 0; j < 3; j++)
			assert_int_equal(compressor_write(compressor, "", 0), 0);
		assert_int_equal(compressor_write(compressor, "text", 4), 0);
		for (int j = 0; j < 3; j++)
			assert_int_equal(compressor_write(compressor, "", 0), 0);
		assert_int_equal(compressor_finish(compressor), 0);
		compressor_free(compressor);
		expect_unpacked(compressions[i], &packed, "text", 4);
	}
}

/* The size of each block, as the kernel reads it (lib/decompress_unlz4.c). */
static void test_lz4_blocks(void **state)
{
	const struct recipe recipe = { COMPRESSION_LZ4, 3, 1, 0 };
	_cleanup_free_ char *text = make_text(LARGE);
	_cleanup_strbuf_ struct strbuf packed = { 0 };
	unsigned int n_blocks = 0;
	size_t at = 4;

	compress_text(&recipe, text, LARGE, &packed);
	while (at < packed.size) {
		uint32_t size;

		memcpy(&size, packed.data + at, sizeof(size));
		at += sizeof(size) + le32toh(size);
		n_blocks++;
	}
	assert_int_equal(at, packed.size);
	assert_int_equal(n_blocks, 3);
}

/* Without a time or a name, which would differ from one build to the next. */
static void test_gzip_header(void **state)
{
	const struct recipe recipe = { COMPRESSION_GZIP, 6, 1, 0 };
	_cleanup_strbuf_ struct strbuf packed = { 0 };

	compress_text(&recipe, "text", 4, &packed);
	assert_memory_equal(packed.data, "\x1f\x8b\x08\0\0\0\0\0\0", 9);
}

/* CRC32, the only check that the kernel knows; see the stream flags of the format. */
static void test_xz_header(void **state)
{
	const struct recipe recipe = { COMPRESSION_XZ, 6, 1, 0 };
	_cleanup_strbuf_ struct strbuf packed = { 0 };

	compress_text(&recipe, "text", 4, &packed);
	assert_memory_equal(packed.data,
			    "\xfd"
			    "7zXZ\0\0\x01",
			    8);
}

struct refusal {
	size_t n_before;
	unsigned int n_calls;
};

static int refuse_later(void *userdata, const void *data, size_t size)
{
	struct refusal *refusal = userdata;

	refusal->n_calls++;
	if (size > refusal->n_before)
		return -ENOSPC;
	refusal->n_before -= size;
	return 0;
}

/* The sink is never asked again after that within one call, and the caller is told. */
static void test_errors_of_the_sink(void **state)
{
	static const size_t sizes[] = { 0, 3, 200000 };
	_cleanup_free_ char *text = make_text(LARGE);

	for (size_t i = 0; i < ARRAY_SIZE(compressions) * ARRAY_SIZE(sizes); i++) {
		enum compression compression = compressions[i / ARRAY_SIZE(sizes)];
		struct refusal refusal = { .n_before = sizes[i % ARRAY_SIZE(sizes)] };
		struct compressor *compressor;
		unsigned int n_calls;
		int r;

		assert_int_equal(compressor_new(compression,
						compression == COMPRESSION_NONE  ? 0
						: compression == COMPRESSION_LZ4 ? 3
										 : 1,
						2, (struct sink){ refuse_later, &refusal },
						&compressor),
				 0);
		r = compressor_write(compressor, text, LARGE);
		n_calls = refusal.n_calls;
		if (r >= 0)
			r = compressor_finish(compressor);
		else
			assert_true(n_calls > 0);
		assert_int_equal(r, -ENOSPC);
		compressor_free(compressor);
	}
}

static void test_error_at_the_end(void **state)
{
	for (size_t i = 1; i < ARRAY_SIZE(compressions); i++) {
		struct refusal refusal = { 0 };
		struct compressor *compressor;

		assert_int_equal(compressor_new(compressions[i], 0, 1,
						(struct sink){ refuse_later, &refusal },
						&compressor),
				 0);
		if (compressor_write(compressor, "text", 4) == 0)
			assert_int_equal(compressor_finish(compressor), -ENOSPC);
		compressor_free(compressor);
	}
}

static void test_given_up_early(void **state)
{
	_cleanup_free_ char *text = make_text(LARGE);

	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		_cleanup_strbuf_ struct strbuf packed = { 0 };
		struct compressor *compressor;

		assert_int_equal(compressor_new(compressions[i], 0, 4,
						(struct sink){ append_bytes, &packed },
						&compressor),
				 0);
		assert_int_equal(compressor_write(compressor, text, 1000000), 0);
		compressor_free(compressor);
	}
	assert_null(compressor_free(NULL));
}

static void test_names(void **state)
{
	static const char *const unknown[] = { "", "z", "zst", "zstdx", "lzma", "Gzip", "bzip2" };

	for (size_t i = 0; i < ARRAY_SIZE(compressions); i++) {
		const char *name = compression_name(compressions[i]);

		assert_int_equal(compression_from_name(name, strlen(name)), compressions[i]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(compression_from_name(unknown[i], strlen(unknown[i])), -EINVAL);
	assert_int_equal(compression_from_name("xz:6", 2), COMPRESSION_XZ);
}

static void test_levels(void **state)
{
	static const struct {
		enum compression compression;
		int min, max;
	} bounds[] = {
		{ COMPRESSION_NONE, 0, 0 }, { COMPRESSION_ZSTD, 1, 19 }, { COMPRESSION_GZIP, 1, 9 },
		{ COMPRESSION_XZ, 1, 9 },   { COMPRESSION_LZ4, 3, 12 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bounds); i++) {
		enum compression compression = bounds[i].compression;
		_cleanup_strbuf_ struct strbuf packed = { 0 };
		struct sink sink = { append_bytes, &packed };
		struct compressor *compressor = NULL;

		for (int level = -1; level < 25; level++)
			assert_int_equal(compression_check_level(compression, level),
					 level == 0 || (level >= bounds[i].min &&
							level <= bounds[i].max)
						 ? 0
						 : -EINVAL);
		assert_int_equal(compressor_new(compression, bounds[i].max + 1, 1, sink,
						&compressor),
				 -EINVAL);
		assert_null(compressor);
	}
}

/* Frames tell how large their content is, and decode alone. */
static void test_frames(void **state)
{
	static const size_t sizes[] = { 0, 1, 300000, 10, 2000000 };
	_cleanup_free_ char *text = make_text(2000000), *decoded = malloc(2000000);
	struct zstd_framer *framer;

	assert_non_null(decoded);
	assert_int_equal(zstd_framer_new(0, &framer), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		const void *frame;
		size_t size;

		assert_int_equal(zstd_framer_compress(framer, text, sizes[i], &frame, &size), 0);
		assert_int_equal(ZSTD_findFrameCompressedSize(frame, size), size);
		assert_int_equal(ZSTD_getFrameContentSize(frame, size), sizes[i]);
		assert_int_equal(ZSTD_decompress(decoded, 2000000, frame, size), sizes[i]);
		assert_memory_equal(decoded, text, sizes[i]);
	}
	assert_null(zstd_framer_free(framer));
	assert_null(zstd_framer_free(NULL));
	assert_true(zstd_framer_version() >= 10400);
}

/* A framer that was used before makes the same as a new one; levels count. */
static void test_frames_are_reproducible(void **state)
{
	static const int levels[] = { 3, 0, 3, 19 };
	_cleanup_free_ char *text = make_text(300000);
	struct strbuf frames[ARRAY_SIZE(levels)] = { { 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
		struct zstd_framer *framer;
		const void *frame;
		size_t size;

		assert_int_equal(zstd_framer_new(levels[i], &framer), 0);
		if (i == 2)
			assert_int_equal(zstd_framer_compress(framer, text + 7, 5000, &frame,
							      &size),
					 0);
		assert_int_equal(zstd_framer_compress(framer, text, 300000, &frame, &size), 0);
		strbuf_append_bytes(&frames[i], frame, size);
		zstd_framer_free(framer);
	}
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(frames[i].size, frames[0].size);
		assert_memory_equal(frames[i].data, frames[0].data, frames[0].size);
	}
	assert_true(frames[3].size < frames[0].size);
	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		strbuf_done(&frames[i]);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_round_trip, rows);
	TEST(&list, test_higher_levels_make_less);
	TEST(&list, test_reproducible);
	TEST(&list, test_nothing);
	TEST(&list, test_writes_of_nothing);
	TEST(&list, test_lz4_blocks);
	TEST(&list, test_gzip_header);
	TEST(&list, test_xz_header);
	TEST(&list, test_errors_of_the_sink);
	TEST(&list, test_error_at_the_end);
	TEST(&list, test_given_up_early);
	TEST(&list, test_names);
	TEST(&list, test_levels);
	TEST(&list, test_frames);
	TEST(&list, test_frames_are_reproducible);
	return test_list_run(&list);
}
