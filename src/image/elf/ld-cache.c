/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads ld.so.cache as the loader of the GNU C library does: see its sysdeps/generic/dl-cache.h.
 * A file of the current form may lie behind the table of an older one, whose strings it then is.
 *
 * The entries are sorted for a binary search, by an order that is the loader's own; a walk over
 * all of them depends on less, and some thousand names take less time than to open one file.
 * Extensions behind the strings tell how hwcaps directories rank, which only a loader needs.
 */
#include "image/elf/ld-cache.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/macro.h"
#include "base/str.h"

#define MAGIC     "glibc-ld.so.cache1.1"
#define OLD_MAGIC "ld.so-1.7.0"

/* cache_file_new, in the file's byte order */
struct header {
	char magic[sizeof(MAGIC) - 1];
	uint32_t n_entries;
	uint32_t strings_size;
	uint8_t flags; /* the byte order in the lowest two bits */
	uint8_t padding[3];
	uint32_t extension_offset;
	uint32_t unused[3];
};

/* file_entry_new */
struct entry {
	uint32_t flags;
	uint32_t name, path; /* offsets from the header */
	uint32_t unused;
	uint32_t hwcap[2]; /* 64 bits, which are not aligned on all machines */
};

/* cache_file */
struct old_header {
	char magic[sizeof(OLD_MAGIC) - 1];
	char padding;
	uint32_t n_entries;
};

#define OLD_ENTRY_SIZE  12
#define ENDIAN_MASK     3
#define ENDIAN_BIG      3
#define ENDIAN_INVALID  1
#define ALIGNMENT       8 /* of the header behind an older table; 4 on i386 */
#define HWCAP_EXTENSION (UINT64_C(1) << 62)
#define HWCAP_ISA_LEVEL (UINT64_C(0x3ff) << 32)

static uint32_t to_number(const struct ld_cache *cache, uint32_t value)
{
	return cache->is_big_endian ? be32toh(value) : le32toh(value);
}

static uint64_t to_long_number(const struct ld_cache *cache, const uint32_t halves[2])
{
	uint64_t value;

	memcpy(&value, halves, sizeof(value));
	return cache->is_big_endian ? be64toh(value) : le64toh(value);
}

/* The string at @offset, if it ends within the file and is no longer than paths are. */
static const char *read_string(const struct ld_cache *cache, uint32_t offset)
{
	if (offset >= cache->size ||
	    !memchr(cache->data + offset, '\0', MIN(cache->size - offset, PATH_MAX)))
		return NULL;
	return (const char *)cache->data + offset;
}

static bool has_magic(const uint8_t *data, size_t size)
{
	return size >= sizeof(struct header) && memcmp(data, MAGIC, strlen(MAGIC)) == 0;
}

/* Where the header is: at the beginning, or behind an older table, of either byte order. */
static const uint8_t *find_header(const uint8_t *data, size_t size)
{
	struct old_header old;

	if (has_magic(data, size))
		return data;
	if (size < sizeof(old) || memcmp(data, OLD_MAGIC, strlen(OLD_MAGIC)) != 0)
		return NULL;
	memcpy(&old, data, sizeof(old));
	for (int is_big_endian = 0; is_big_endian <= 1; is_big_endian++) {
		uint64_t n = is_big_endian ? be32toh(old.n_entries) : le32toh(old.n_entries);
		uint64_t end = sizeof(old) + n * OLD_ENTRY_SIZE;

		for (uint64_t at = end; at <= size && at - end < ALIGNMENT; at += 4)
			if (has_magic(data + at, size - at))
				return data + at;
	}
	return NULL;
}

int ld_cache_parse(const void *data, size_t size, struct ld_cache *ret_cache)
{
	struct ld_cache cache = { .data = find_header(data, size) };
	struct header header;

	if (!cache.data)
		return -ENOEXEC;
	cache.size = size - (size_t)(cache.data - (const uint8_t *)data);
	memcpy(&header, cache.data, sizeof(header));
	if ((header.flags & ENDIAN_MASK) == ENDIAN_INVALID)
		return -EBADMSG;
	/* It was not told before glibc 2.33, and then it is that of nearly all machines. */
	cache.is_big_endian = (header.flags & ENDIAN_MASK) == ENDIAN_BIG;
	cache.n_entries = to_number(&cache, header.n_entries);
	if (cache.n_entries > (cache.size - sizeof(header)) / sizeof(struct entry))
		return -EBADMSG;
	*ret_cache = cache;
	return 0;
}

bool ld_cache_get(const struct ld_cache *cache, uint32_t index, struct ld_cache_entry *ret_entry)
{
	struct entry raw;
	uint64_t hwcap;

	if (index >= cache->n_entries)
		return false;
	memcpy(&raw, cache->data + sizeof(struct header) + index * sizeof(raw), sizeof(raw));
	hwcap = to_long_number(cache, raw.hwcap);
	*ret_entry = (struct ld_cache_entry){
		.name = read_string(cache, to_number(cache, raw.name)),
		.path = read_string(cache, to_number(cache, raw.path)),
		.flags = to_number(cache, raw.flags),
		.has_hwcaps = (hwcap & ~(HWCAP_ISA_LEVEL | UINT32_MAX)) == HWCAP_EXTENSION,
	};
	ret_entry->is_of_legacy = hwcap != 0 && !ret_entry->has_hwcaps;
	return ret_entry->name && ret_entry->path && ret_entry->path[0] == '/';
}

const char *ld_cache_find(const struct ld_cache *cache, const char *name, uint32_t flags)
{
	const char *with_hwcaps = NULL;

	for (uint32_t i = 0; i < cache->n_entries; i++) {
		struct ld_cache_entry entry;

		if (!ld_cache_get(cache, i, &entry) || (flags && entry.flags != flags) ||
		    entry.is_of_legacy || !str_equal(entry.name, name))
			continue;
		if (!entry.has_hwcaps)
			return entry.path;
		if (!with_hwcaps)
			with_hwcaps = entry.path;
	}
	return with_hwcaps;
}
