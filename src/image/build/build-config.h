/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/tree/sysroot.h"

/*
 * Applies kindling.conf(5): @path alone if it is not NULL, else in the sysroot the drop-ins of
 * /usr/lib/kindling.conf.d, /etc/kindling.conf, and the drop-ins of /etc/kindling.conf.d, each in
 * the order of their names. One in /etc hides the one of the same name in /usr/lib.
 *
 * What is not understood is a warning with its file and line, and changes nothing. 0, -ENOMEM, or
 * the error of reading @path, logged.
 */
int build_config_read(struct build_options *options, const struct sysroot *sysroot,
		      const char *path);
