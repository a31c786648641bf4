/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "base/vec.h"

/* What the file of a module says of it. */
struct module_info {
	struct vec firmware; /* names or patterns below /lib/firmware, in the file's order */
	struct vec imports;  /* symbols that others are to provide; only if they were asked for */
};

#define _cleanup_module_info_ __attribute__((cleanup(module_info_done)))

void module_info_done(struct module_info *info);

/* libkmod is for one thread at a time: each thread has a reader of its own. */
struct module_info_reader;

/* @modules_dir is that of the kernel whose modules are read. 0 or -ENOMEM. */
int module_info_reader_new(const char *modules_dir, struct module_info_reader **ret_reader);
struct module_info_reader *module_info_reader_free(struct module_info_reader *reader);

/*
 * Reads the module at @host_path, compressed or not; blocks as long as that takes. The errors of
 * open(2); -ENOEXEC if it is no ELF file, compressed in a way that libkmod can read or not at all;
 * -EBADMSG if it is damaged or empty; -ENOMEM.
 */
int module_info_read(struct module_info_reader *reader, const char *host_path, bool with_imports,
		     struct module_info *ret_info);

/*
 * The same for what is built into the kernel, by its name, from modules.builtin.modinfo. Without
 * that file, or if it does not have the name, there is nothing to tell, and that is fine.
 */
int module_info_read_builtin(struct module_info_reader *reader, const char *name,
			     struct module_info *ret_info);
