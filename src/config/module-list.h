/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"

/* A module that somebody asks for, whether a device does or not. */
struct module_entry {
	char *name;    /* with underscores, as the kernel writes it */
	char *path;    /* of its file, absolute; NULL: where the indexes say */
	char *options; /* "" for none */
};

/* As it is written: "e1000e" or a file, "/ext4.ko.xz". NULL if it is neither, or without memory. */
struct module_entry *module_entry_new(const char *text, const char *options);

/* For vec_done(). */
void module_entry_free(void *entry);

/*
 * Parses a list as in modules-load.d(5), Debian's and tiny-initramfs' modules: one to a line, with
 * options behind it perhaps; lines that begin with '#' or ';' are comments. Appends to @entries, of
 * struct module_entry. What is no module becomes a sentence in @warnings, "line 3 of @where: …",
 * and harms only itself. 0 or -ENOMEM.
 */
int module_list_parse(const char *text, const char *where, struct vec *entries,
		      struct vec *warnings);
