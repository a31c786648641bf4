/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

/* Writes what the dynamic loader reads, small: ELF files of 64 bits, and ld.so.cache. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is NULL or 0 is not in the file; the machine is then x86_64. */
struct elf_recipe {
	uint16_t machine;
	bool is_big_endian;
	const char *interpreter;
	const char *soname, *rpath, *runpath, *filter, *auxiliary, *audit, *depaudit;
	const char *needed[4];
	const char *import; /* a symbol */
	const char *note;   /* on dlopen, JSON */
};

struct cache_row {
	const char *name, *path;
	uint32_t flags;
	uint64_t hwcap;
};

enum cache_form { CACHE_PLAIN, CACHE_BEHIND_OLD_TABLE, CACHE_BIG_ENDIAN };

#define X86_64_FLAGS    0x0303
#define HWCAP_EXTENSION (UINT64_C(1) << 62)

/* Enough for all that is made here. */
#define LOADER_FILE_MAX 4096

/* All return the size. */
size_t make_elf(const struct elf_recipe *recipe, uint8_t data[LOADER_FILE_MAX]);
size_t make_ld_cache(const struct cache_row *rows, size_t n_rows, enum cache_form form,
		     uint8_t data[LOADER_FILE_MAX]);

/* As write_file(). */
void write_elf(const char *path, const struct elf_recipe *recipe);
void write_ld_cache(const char *path, const struct cache_row *rows, size_t n_rows);
