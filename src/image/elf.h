/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the dynamic loader would read of an ELF file, little-endian, of 32 or 64 bits. The file is
 * not trusted: whatever lies outside of it counts as absent. Strings live as long as the struct.
 */
struct elf {
	const uint8_t *data;
	size_t size;
	bool is_mapped; /* by elf_open() */
	bool is_64bit;
	uint16_t machine; /* EM_* */
	uint64_t segments_offset;
	uint16_t n_segments, segment_size;
	uint64_t dynamic_offset, dynamic_size; /* the table of DT_* */
	uint64_t strings_offset, strings_size; /* what its names refer to */
};

#define _cleanup_elf_ __attribute__((cleanup(elf_done)))

/*
 * Maps and reads a file. -ENOEXEC if it is no ELF file or one of another form, -EBADMSG if it is
 * broken, or the errors of open(2), fstat(2) and mmap(2).
 */
int elf_open(const char *path, struct elf *ret_elf);

/* The same of bytes in memory, which are the caller's. */
int elf_parse(const void *data, size_t size, struct elf *ret_elf);

void elf_done(struct elf *elf);

/* The loader that the kernel starts, or NULL in a library or a static executable. */
const char *elf_get_interpreter(const struct elf *elf);

/* A string of the dynamic table: DT_SONAME, DT_RPATH, DT_RUNPATH. NULL if there is none. */
const char *elf_get_string(const struct elf *elf, uint64_t tag);

/* Walks the names in DT_NEEDED: @cursor starts at 0. NULL at the end. */
const char *elf_next_needed(const struct elf *elf, size_t *cursor);

/* Whether the symbol is used here and defined elsewhere. */
bool elf_has_import(const struct elf *elf, const char *symbol);
