/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every symbol of a compiled keymap. */
#include <errno.h>

#include "config/bkeymap.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bkeymap keymap;
	unsigned int sum = 0;
	int r = bkeymap_parse(data, size, &keymap);

	if (r < 0) {
		FUZZ_CHECK(r == -EBADMSG);
		return 0;
	}
	FUZZ_CHECK(keymap.tables[0]);
	for (unsigned int table = 0; table < BKEYMAP_TABLES; table++)
		for (unsigned int key = 0; key < BKEYMAP_KEYS && keymap.tables[table]; key++)
			sum += bkeymap_get(&keymap, table, key);
	FUZZ_CHECK(sum <= BKEYMAP_TABLES * BKEYMAP_KEYS * UINT16_MAX);
	return 0;
}
