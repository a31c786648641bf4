/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

struct kmod_alias {
	const char *pattern; /* as for fnmatch(3), with dashes as underscores */
	const char *name;    /* of a module */
	uint32_t hash;       /* of the characters before the first special one */
	uint32_t next;       /* of the same bucket, plus one */
	size_t literal_size;
};

/* Which aliases stand for which modules, in the order of their priority. Zeroed: empty and valid.
 */
struct kmod_aliases {
	struct kmod_alias *rows;
	size_t n_rows, n_allocated;
	uint32_t *buckets; /* for looking up: a row's number plus one */
	size_t n_buckets;  /* a power of two */
};

void kmod_aliases_done(struct kmod_aliases *aliases);

/* The strings are kept, not copied. 0 or -ENOMEM. */
int kmod_aliases_add(struct kmod_aliases *aliases, const char *pattern, const char *name);

/*
 * Appends the names of the modules that @alias, with dashes as underscores, stands for, each once.
 * 0 or -ENOMEM.
 */
int kmod_aliases_match(struct kmod_aliases *aliases, const char *alias, struct vec *ret_names);

/*
 * Turns the dashes of a name, an alias or a pattern into underscores, but for those in brackets, as
 * all kmod tools do. -EINVAL if brackets do not pair up.
 */
int kmod_alias_normalise(char *alias);
