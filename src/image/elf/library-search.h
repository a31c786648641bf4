/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/strmap.h"
#include "base/vec.h"
#include "image/elf/elf.h"
#include "image/elf/ld-cache.h"
#include "image/elf/library-dirs.h"
#include "image/tree/sysroot.h"

#define LOADER_CONFIG "/etc/ld.so.conf"
#define LOADER_CACHE  "/etc/ld.so.cache"

/* A file that is in the image or was considered for it; it stays open. */
struct elf_object {
	char *path; /* in the sysroot; of a program from elsewhere, the one it has in the image */
	char *host_path;                 /* by which this process opens it */
	char *image_path;                /* once it is in the image, else NULL */
	const struct elf_object *parent; /* that brought it in; NULL for programs */
	int error;                       /* of elf_open(); if not 0, only elf.damage is valid */
	struct elf elf;
};

/* What the loader may take for a name: a library and its variants in glibc-hwcaps directories. */
struct library {
	char *dir;          /* all paths are below it */
	struct vec objects; /* struct elf_object *, borrowed, at least one */
	bool needs_help;    /* a loader without a cache would not find it by its name */
};

/* Finds libraries in a sysroot by the rules of ld.so(8). All objects are for one machine. */
struct library_search {
	const struct sysroot *sysroot;
	struct elf machine; /* nothing but what elf_is_same_machine() compares */
	uint32_t cache_flags;
	bool has_machine;
	struct library_dirs dirs;
	bool has_config; /* and so dirs.configured */
	char *cache_data;
	struct ld_cache cache;
	bool has_c_library;    /* that of GNU */
	char *c_library_dir;   /* or where else the loader certainly looks by itself */
	struct strmap objects; /* struct elf_object by path */
	struct strmap hwcaps;  /* struct vec of names in DIR/glibc-hwcaps, by DIR */
	struct strmap by_name; /* struct library, borrowed: no object's own search path */
	struct vec libraries;  /* struct library */
	const struct elf_object *rejected; /* first of the last search */
};

/* @sysroot outlives the search. It is all zeroes before. */
void library_search_init(struct library_search *search, const struct sysroot *sysroot);
void library_search_done(struct library_search *search);

/* Says for which machine libraries are looked for: that of @program. 0 or -ENOMEM. */
int library_search_set_machine(struct library_search *search, const struct elf *program);

/*
 * The file at a path of the sysroot, opened once however often it is asked for. 1; 0 if there is
 * none; -ENOMEM. Look at its error.
 */
int library_search_open(struct library_search *search, const char *path,
			struct elf_object **ret_object);

/* An object of the caller's for a file that is at @path in the sysroot. 0 or -ENOMEM. */
int elf_object_new(const char *path, const char *host_path, struct elf_object **ret_object);

/* For vec_done() and strmap_done(). */
void elf_object_free(void *object);

/*
 * The library that @object knows as @name, which belongs to the search. 1; 0 if it is nowhere,
 * and then search->rejected is the first file that would have been it but for its content, or NULL;
 * -ENOMEM.
 */
int library_search_find(struct library_search *search, const struct elf_object *object,
			const char *name, const struct library **ret_library);
