/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "image/elf/elf.h"

/*
 * What objects themselves say of where their libraries are, by the rules of ld.so(8). Paths are
 * those of the tree that the objects are loaded in.
 */

/*
 * The search path of @owner, which is @object or one of those that brought it in, that counts for
 * the libraries of @object; NULL if there is none.
 */
const char *search_path_get(const struct elf *object, const struct elf *owner);

/*
 * The next directory of the search path *@rest, which moves on behind it; its length in @ret_size,
 * as it is not terminated. NULL at the end, and if *@rest is NULL.
 */
const char *search_path_next(const char **rest, size_t *ret_size);

/* Whether @text begins with the directory of the object that it belongs to, "$ORIGIN". */
bool search_path_has_origin(const char *text);

/*
 * The first @size bytes of @text, which belong to the object at @owner_path, as an absolute path
 * for the caller to free. NULL without memory, and if the path is to be passed over: relative ones
 * depend on where the program is started, and $LIB and $PLATFORM on how the loader was built.
 */
char *search_path_expand(const char *text, size_t size, const char *owner_path);

/*
 * The same for a library's name with a slash in it. A relative one is so to "/", where PID 1 is
 * started.
 */
char *search_path_expand_name(const char *name, const char *owner_path);
