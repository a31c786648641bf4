/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/elf/elf.h"

enum dlopen_priority {
	DLOPEN_REQUIRED,    /* the program fails without it */
	DLOPEN_RECOMMENDED, /* a feature that most want fails without it */
	DLOPEN_SUGGESTED,   /* one that few want */
};

/* A library that is loaded by dlopen(3) when it is wanted, as the file itself declares. */
struct dlopen_note {
	enum dlopen_priority priority;
	struct vec sonames; /* char *: alternatives, the best first; at least one */
};

/*
 * Reads the notes of https://systemd.io/ELF_DLOPEN_METADATA/ into a vec of struct dlopen_note,
 * which the caller frees, in the file's order. How many parts of the notes were not understood and
 * left out, or -ENOMEM.
 */
int elf_notes_read_dlopen(const struct elf *elf, struct vec *ret_notes);

/* For vec_done(). */
void dlopen_note_free(void *note);
