/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "image/modules/kernel-config.h"
#include "image/modules/kernel.h"
#include "image/modules/kmod-closure.h"
#include "image/modules/module-facts.h"
#include "image/tree/sysroot.h"
#include "image/tree/tree.h"

/* Where the firmware comes from, and in which form it goes into the image. */
struct module_firmware_options {
	const struct kernel *kernel;
	const struct kernel_config *config;
	const struct sysroot *sysroot;
	const struct module_facts *facts;   /* of the closure's modules */
	enum module_storage module_storage; /* for the reasons, which name modules by their paths */
	bool is_compressing;                /* file by file, as far as the kernel can read that */
};

/*
 * Adds the firmware that the modules of the closure, those that are built in included, say that
 * they may ask for. A negative errno has been logged, except for -ENOMEM; -ESTALE if what the
 * kernel says of those that are built in is cut off.
 */
int module_firmware_add(const struct kmod_closure *closure, struct tree *tree,
			const struct module_firmware_options *options);
