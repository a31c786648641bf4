/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/elf/elf-closure.h"
#include "image/host/host.h"

/*
 * Adds the plug-ins by which libcryptsetup opens volumes with TPMs and security keys, as far as
 * they are installed on @machine and can be of use, with what they load; nothing if there is no
 * unlock helper in the tree. A negative errno has been logged, except for -ENOMEM.
 */
int token_plug_ins_add(struct tree *tree, struct elf_closure *programs,
		       const struct sysroot *machine, const struct build_options *options,
		       const struct host *host);
