/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree/sysroot.h"
#include "image/tree/tree.h"

/* A file of modprobe.d(5) that counts, as no other of its name comes before it. */
struct modprobe_config_file {
	char *path;      /* in the sysroot */
	char *host_path; /* what it leads to */
	int error;       /* negative if it cannot be read */
};

/*
 * The files of @sysroot, struct modprobe_config_file, sorted by name as they are read at boot; each
 * to be freed with modprobe_config_file_free(). 0 or -ENOMEM.
 */
int modprobe_config_list(const struct sysroot *sysroot, struct vec *ret_files);
void modprobe_config_file_free(void *file);

/*
 * Puts them into @tree at their paths. One that cannot be read is left out with a note. A negative
 * errno has been logged, except for -ENOMEM.
 */
int modprobe_config_add_to_tree(const struct sysroot *sysroot, struct tree *tree);
