/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every entry of an ld.so.cache, and the search for some of them. */
#include <errno.h>

#include "fuzz.h"
#include "image/elf/ld-cache.h"

#define MAX_SEARCHES 16 /* each walks over all entries */

/* Whether the search finds what is there. */
static void check_search(const struct ld_cache *cache, const struct ld_cache_entry *entry)
{
	const char *path = ld_cache_find(cache, entry->name, entry->flags);

	FUZZ_CHECK(entry->is_of_legacy || (path && path[0] == '/'));
	FUZZ_CHECK(entry->is_of_legacy || ld_cache_find(cache, entry->name, 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int n_searches = 0;
	struct ld_cache_entry entry;
	struct ld_cache cache;
	int r = ld_cache_parse(data, size, &cache);

	if (r < 0) {
		FUZZ_CHECK(r == -ENOEXEC || r == -EBADMSG);
		return 0;
	}
	for (uint32_t i = 0; i < cache.n_entries; i++) {
		if (!ld_cache_get(&cache, i, &entry))
			continue;
		FUZZ_CHECK(entry.name && entry.path[0] == '/');
		if (n_searches++ < MAX_SEARCHES)
			check_search(&cache, &entry);
	}
	FUZZ_CHECK(!ld_cache_get(&cache, cache.n_entries, &entry));
	return 0;
}
