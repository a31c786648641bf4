/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdint.h>

#include "image/elf/elf.h"

/* What is customary for the programs of one kind of machine. */
struct elf_machine {
	uint16_t machine;      /* EM_* */
	uint8_t class;         /* ELFCLASS* */
	uint8_t byte_order;    /* ELFDATA2* */
	const char *name;      /* as of uname(1) */
	const char *multiarch; /* Debian's name for its directories */
	uint32_t cache_flags;  /* of its libraries in ld.so.cache */
};

/* The machine that the file is for, or NULL if it is none that we know. */
const struct elf_machine *elf_machine_find(const struct elf *elf);

/* Its name, for messages; "unknown" if there is none. */
const char *elf_machine_name(const struct elf *elf);
