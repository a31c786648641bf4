/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strmap.h"
#include "image/tree/sysroot.h"

/* How the kernel of an image was configured, as far as it can be told. */
struct kernel_config {
	struct strmap values; /* enum kernel_config_value by the symbol without "CONFIG_" */
	char *path;           /* the file that it was read from, or NULL if there is none */
};

#define _cleanup_kernel_config_ __attribute__((cleanup(kernel_config_done)))

enum kernel_config_value {
	KERNEL_CONFIG_UNKNOWN, /* no file was found that tells */
	KERNEL_CONFIG_NO,
	KERNEL_CONFIG_MODULE,
	KERNEL_CONFIG_YES, /* also a number or a string */
};

/*
 * Reads the first that tells of: config below @modules_dir, /boot/config-@kver in @sysroot,
 * build/.config below @modules_dir, and /proc/config.gz if @kver is the running kernel and @sysroot
 * the machine's own. That there is none is fine. 0 or -ENOMEM.
 */
int kernel_config_read(const struct sysroot *sysroot, const char *modules_dir, const char *kver,
		       struct kernel_config *ret_config);
void kernel_config_done(struct kernel_config *config);

/* The value of @symbol, such as "FW_LOADER_COMPRESS_ZSTD". */
enum kernel_config_value kernel_config_get(const struct kernel_config *config, const char *symbol);
