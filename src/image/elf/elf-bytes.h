/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The bytes of an ELF file, of either word size and byte order. What it says of itself is not
 * trusted: only what lies within it is read. Nothing needs to be aligned.
 */
struct elf_bytes {
	const uint8_t *data;
	size_t size;
	bool is_64bit, is_big_endian; /* as whoever has looked at e_ident says */
};

/* Whether @size bytes at @offset are all in the file. */
bool elf_bytes_hold(const struct elf_bytes *bytes, uint64_t offset, uint64_t size);

/* The number of @width bytes, 1 to 8, at @offset; false if it is not in the file. */
bool elf_bytes_get_number(const struct elf_bytes *bytes, uint64_t offset, size_t width,
			  uint64_t *ret_value);

/* The string at @offset, in the file's bytes; NULL if it does not end before @limit. */
const char *elf_bytes_get_string(const struct elf_bytes *bytes, uint64_t offset, uint64_t limit);

/* The size of a struct that exists as Elf64_ and Elf32_. */
#define ELF_SIZE(bytes, type) ((bytes)->is_64bit ? sizeof(Elf64_##type) : sizeof(Elf32_##type))

/* As elf_bytes_get_number(), of a member of such a struct at @base. */
#define ELF_GET_MEMBER(bytes, base, type, member, ret_value)                                \
	elf_bytes_get_number((bytes),                                                       \
			     (base) + ((bytes)->is_64bit ? offsetof(Elf64_##type, member)   \
							 : offsetof(Elf32_##type, member)), \
			     (bytes)->is_64bit ? sizeof(((Elf64_##type *)0)->member)        \
					       : sizeof(((Elf32_##type *)0)->member),       \
			     (ret_value))
