/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree/sysroot.h"

/* The kernel that an image is for. */
struct kernel {
	char *kver;
	char *modules_dir; /* directly holds modules.dep.bin; absolute */
};

#define _cleanup_kernel_ __attribute__((cleanup(kernel_done)))

/*
 * @kver and @modules_dir are what the user said, each or both NULL. @modules_dir may hold
 * modules.dep.bin, and is then named after its kernel, or hold one such directory for each kernel.
 * Without it, that is the sysroot's /lib/modules; without @kver, it is the running kernel if the
 * sysroot is the machine's own, and else the only one there is. A negative errno has been logged,
 * except for -ENOMEM.
 */
int kernel_locate(const char *kver, const char *modules_dir, const struct sysroot *sysroot,
		  struct kernel *ret_kernel);
void kernel_done(struct kernel *kernel);
