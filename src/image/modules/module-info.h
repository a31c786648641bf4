/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

/* What a module says of itself. */
struct module_info {
	struct vec firmware; /* names or patterns below /lib/firmware, in the file's order */
	struct vec rules;    /* "softdep=pre: a b" and "weakdep=c", as they stand there */
	size_t n_aliases;    /* not kept by module facts */
	struct vec imports;  /* symbols that others are to provide; only if they were asked for */
};

#define _cleanup_module_info_ __attribute__((cleanup(module_info_done)))

void module_info_done(struct module_info *info);

/* Adds what "key=value", as it stands in .modinfo, says; of other keys nothing. 0 or -ENOMEM. */
int module_info_add(struct module_info *info, const char *string);

/* How much of a module is wanted. */
enum module_part {
	MODULE_HEADER,  /* nothing: that it is one, and not cut off */
	MODULE_INFO,    /* all but the imports */
	MODULE_IMPORTS, /* all */
};

/*
 * Reads the module at @host_path, compressed as its name tells; blocks as long as that takes. Any
 * number of threads may do so at a time. A file compressed with xz is unpacked as far as @part is
 * in it, and beyond that only checked for being whole. The errors of open(2) and read(2); -ENOEXEC
 * if it is no ELF file, -EBADMSG if it is damaged or no module, -EFBIG, -ENOMEM.
 */
int module_info_read(const char *host_path, enum module_part part, struct module_info *ret_info);

/* modules.builtin.modinfo: what is built into the kernel says of itself. Zeroed: empty, valid. */
struct builtin_modinfo {
	char *text;
	size_t size;
};

/*
 * A file that is not there is as an empty one. 0, -ENOMEM, -EBADMSG if it is cut off within a
 * string, or the errors of open(2) and read(2).
 */
int builtin_modinfo_open(const char *modules_dir, struct builtin_modinfo *ret_modinfo);
void builtin_modinfo_close(struct builtin_modinfo *modinfo);

/* As module_info_read(), of the builtin @name, with underscores; there may be nothing. 0, -ENOMEM.
 */
int builtin_modinfo_read(const struct builtin_modinfo *modinfo, const char *name,
			 struct module_info *ret_info);
