/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/exit-code.h"
#include "image/tree/sysroot.h"

/*
 * Builds one image from what is in @sysroot, and puts it in place. What went wrong has been logged.
 * Blocks on the disk, and on others that build into the same directory.
 */
enum exit_code build_image(const struct build_options *options, const struct sysroot *sysroot);
