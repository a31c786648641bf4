/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "image/elf/elf-bytes.h"

/*
 * What the dynamic loader would read of an ELF file, of either word size and byte order. The file
 * is not trusted: what lies outside of it counts as absent. Strings live as long as the struct.
 */
struct elf {
	struct elf_bytes bytes;
	bool is_mapped;   /* by elf_open() */
	uint16_t machine; /* EM_* */
	uint64_t segments_offset;
	uint16_t n_segments, segment_size;
	uint64_t dynamic_offset, dynamic_size; /* the table of DT_* */
	uint64_t strings_offset, strings_size; /* what its names refer to */
	const char *damage;                    /* after -EBADMSG: what is wrong, a clause */
};

#define _cleanup_elf_ __attribute__((cleanup(elf_done)))

/*
 * Maps and reads a file. -ENOEXEC if it is no ELF file, -EBADMSG if it is a broken one, and then
 * @ret_elf has nothing but the clause on its damage; or the errors of open(2), fstat(2) and
 * mmap(2).
 */
int elf_open(const char *path, struct elf *ret_elf);

/* The same of bytes in memory, which are the caller's. */
int elf_parse(const void *data, size_t size, struct elf *ret_elf);

void elf_done(struct elf *elf);

/* Whether both are for the same machine, so that one can be a library of the other. */
bool elf_is_same_machine(const struct elf *a, const struct elf *b);

/*
 * What a dynamic executable needs to start is its interpreter, then all DT_NEEDED and DT_FILTER.
 * Where to look for those that have no slash is in DT_RUNPATH of the file itself or, if it has
 * none, in DT_RPATH of the file and of those that brought it in.
 */

/* The loader that the kernel starts, or NULL in most libraries and static executables. */
const char *elf_get_interpreter(const struct elf *elf);

/* The first string of that tag in the dynamic table: DT_SONAME, DT_RPATH… NULL if there is none. */
const char *elf_get_string(const struct elf *elf, uint64_t tag);

/*
 * Walks the strings of a tag that there may be several of: DT_NEEDED, DT_FILTER, DT_AUXILIARY.
 * @cursor starts at 0. NULL at the end.
 */
const char *elf_next_string(const struct elf *elf, uint64_t tag, size_t *cursor);

/* The same for DT_NEEDED. */
const char *elf_next_needed(const struct elf *elf, size_t *cursor);

/* Whether the symbol is used here and defined elsewhere. */
bool elf_has_import(const struct elf *elf, const char *symbol);

struct elf_note {
	const char *owner; /* such as "GNU" */
	uint32_t type;     /* as the owner defines it */
	const void *data;
	size_t size;
};

/* Zeroed, it is before the first note. */
struct elf_note_cursor {
	unsigned int segment;
	uint64_t offset; /* in the segment */
};

/* Walks the notes in all PT_NOTE segments, which are there in stripped files too. */
bool elf_next_note(const struct elf *elf, struct elf_note_cursor *cursor,
		   struct elf_note *ret_note);
