/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/vec.h"
#include "image/tree/sysroot.h"
#include "image/tree/tree.h"

/*
 * Adds the keymaps and the console fonts: @keymaps and @fonts, char *, if the user named some, the
 * first of which is the default, else what @sysroot is configured for. "none" stands for none.
 *
 * What the user named and cannot be had is a negative errno, logged except for -ENOMEM; what only
 * the configuration names is a warning.
 */
int console_add(struct tree *tree, const struct sysroot *sysroot, const struct vec *keymaps,
		const struct vec *fonts);
