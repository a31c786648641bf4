/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree/sysroot.h"

/*
 * The image of the kernel @kver, NULL for the running one, that this machine has under one of the
 * names that distributions give it. The path is the caller's to free. A negative errno has been
 * logged, except for -ENOMEM: -ENOENT if there is none.
 */
int default_image_find(const char *kver, char **ret_path);

/*
 * The name that the distribution in @sysroot and its boot loader know for an image of the kernel
 * @kver: that of an existing one, else the distribution's custom. It is a path by which this
 * process reaches it; the caller frees it. 0 or -ENOMEM.
 */
int default_image_name(const struct sysroot *sysroot, const char *kver, char **ret_path);
