/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "image/modules/kmod-closure.h"
#include "image/writer/cache.h"

/*
 * Adds what any machine may need to reach its root: buses, disks, file systems, ciphers, keyboards.
 * What the kernel at hand does not have is passed over. @modules_dir is that of the closure; @cache
 * may be NULL. A negative errno has been logged, except for -ENOMEM: -ESTALE if modules.dep does
 * not list a module that is there, -ENOENT if a module is not there that it lists.
 */
int generic_modules_add(struct kmod_closure *closure, const char *modules_dir, struct cache *cache);

/*
 * Whether @path begins with @pattern, in which a "*" stands for one component. So "kernel/fs/ext4/"
 * takes a directory, and "kernel/fs/ext4/ext4." a module however it is compressed.
 */
bool generic_modules_match(const char *path, const char *pattern);
