/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "image/build/build-options.h"
#include "image/modules/kernel-config.h"
#include "image/modules/kernel.h"
#include "image/modules/kmod-closure.h"
#include "image/tree/tree.h"
#include "image/writer/compress.h"

/* In which form an image holds what is in it. */
struct image_format {
	enum compression compression; /* of the archive as a whole */
	int level;
	enum module_storage module_storage;
	bool is_file_by_file; /* firmware as well is compressed, if the kernel can read that */
};

/*
 * Chooses the form: what the user asked for, else modules and firmware file by file if whoever
 * loads them can read that, else the best for the whole that the kernel can unpack. @tree holds
 * /init with its libraries by now. 0, -ENOMEM, or -EINVAL, logged, if the kernel could not unpack
 * what the user asked for.
 */
int image_format_choose(const struct build_options *options, const struct kernel *kernel,
			const struct kernel_config *config, const struct tree *tree,
			struct image_format *ret_format);
