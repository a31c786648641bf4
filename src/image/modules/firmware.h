/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "image/modules/kernel-config.h"
#include "image/tree/tree.h"

/* The firmware of one image, out of one sysroot for one kernel. */
struct firmware;

/*
 * All arguments must outlive the result, but for @config, which tells what the kernel can read:
 * - what is compressed goes into the image as it is, unless the kernel is known not to read it;
 *   then it goes in decompressed;
 * - what is plain is marked to be compressed with zstd if the kernel is known to read that, and
 *   @is_compressing.
 * 0 or -ENOMEM.
 */
int firmware_new(struct tree *tree, const struct sysroot *sysroot, const char *kver,
		 const struct kernel_config *config, bool is_compressing,
		 struct firmware **ret_firmware);
struct firmware *firmware_free(struct firmware *firmware);

/*
 * Adds the files that @name stands for, as a driver names them: a path below /lib/firmware, a
 * pattern of such, or a directory, with all that is in it. That there is none is counted, and no
 * error. A negative errno has been logged, except for -ENOMEM.
 */
int firmware_add(struct firmware *firmware, const char *name, const char *why);

/* How many names there were that nothing is installed for; each counts once. */
size_t firmware_count_missing(const struct firmware *firmware);
