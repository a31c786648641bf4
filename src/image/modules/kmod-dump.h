/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * What libkmod reads from the index @name, "modules.dep" or another one, of @modules_dir, where it
 * is a file with ".bin" after its name: lines of key and value, sorted by key, the caller's to
 * free. Takes tens of milliseconds. -ENOENT if there is no such index, -EBADMSG, which has been
 * logged, if it is damaged, -ENOMEM or another error of the system.
 */
int kmod_dump(const char *modules_dir, const char *name, char **ret_text, size_t *ret_size);
