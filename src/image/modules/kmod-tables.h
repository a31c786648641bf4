/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/strmap.h"
#include "image/modules/kmod-aliases.h"

/* A module with a file. */
struct kmod_listed_module {
	char *name;        /* with underscores */
	const char *path;  /* of its file, relative to the modules directory, or absolute */
	const char *needs; /* the paths of all that it needs, indirectly too, with spaces between */
	size_t position;   /* among all, in the order that modules.order asks for */
};

/* What depmod(8) found out about the modules of one kernel. */
struct kmod_tables {
	struct kmod_listed_module *modules;
	size_t n_modules, n_allocated;
	struct strmap by_name;  /* of these */
	struct strmap builtins; /* the keys are the names of what is built into the kernel */
	struct kmod_aliases aliases, builtin_aliases;
	struct vec texts; /* what all of the above point into */
};

/*
 * Reads the tables of the modules directory @modules_dir. A negative errno has been logged, except
 * for -ENOMEM: -ENOENT if there is no table of modules, -EBADMSG if one is damaged, or that of
 * open(2) and read(2).
 */
int kmod_tables_open(const char *modules_dir, struct kmod_tables *ret_tables);
void kmod_tables_close(struct kmod_tables *tables);

/* The module of that name, with underscores, or NULL. */
const struct kmod_listed_module *kmod_tables_find(const struct kmod_tables *tables,
						  const char *name);

/*
 * The next path of @list, such as that of what a module needs: the module it belongs to in
 * @ret_module, or NULL there if no module is listed with that file. @list moves on; false at its
 * end.
 */
bool kmod_tables_next_need(const struct kmod_tables *tables, const char **list,
			   const struct kmod_listed_module **ret_module);
