/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each way to find the end of a compressed stream, whatever the bytes begin with. */
#include "base/macro.h"
#include "fuzz.h"
#include "image/reader/stream-end.h"

static const stream_find_end_fn functions[] = {
	zstd_find_end, xz_find_end, lzop_find_end, lz4_find_end, lz4_legacy_find_end,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		size_t end, again;

		if (size < 4 || functions[i](data, size, &end) < 0)
			continue;
		FUZZ_CHECK(end > 0 && end <= size);
		/* What follows makes no difference. */
		FUZZ_CHECK(functions[i](data, end, &again) == 0 && again == end);
	}
	return 0;
}
