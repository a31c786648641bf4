/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What ldconfig(8) of the GNU C library leaves in /etc/ld.so.cache. The file is not trusted: what
 * lies outside of it counts as absent. Strings are in the caller's bytes.
 */
struct ld_cache {
	const uint8_t *data; /* what string offsets count from */
	size_t size;
	uint32_t n_entries;
	bool is_big_endian;
};

struct ld_cache_entry {
	const char *name;  /* "libc.so.6" */
	const char *path;  /* absolute */
	uint32_t flags;    /* for which machine: elf_machine.cache_flags */
	bool has_hwcaps;   /* is in a glibc-hwcaps directory, for processors that can do more */
	bool is_of_legacy; /* is for processors by rules that glibc 2.37 gave up */
};

/*
 * 0; -ENOEXEC if it is no cache, or one of the form that glibc wrote before version 2.2; -EBADMSG
 * if it is broken.
 */
int ld_cache_parse(const void *data, size_t size, struct ld_cache *ret_cache);

/* The @index-th entry; false if it is broken or beyond the last. */
bool ld_cache_get(const struct ld_cache *cache, uint32_t index, struct ld_cache_entry *ret_entry);

/*
 * The path of the library with that name for that machine; if there is none but in glibc-hwcaps
 * directories, that of one of them. @flags are those of elf_machine, or 0 for any. NULL if there
 * is none.
 */
const char *ld_cache_find(const struct ld_cache *cache, const char *name, uint32_t flags);
