/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stddef.h>

/*
 * The value of the last option @name in a comma-separated list, as in fstab(5) and crypttab(5):
 * what follows "name=", of the length *@ret_size, or "" for a bare "name". NULL if it is not there.
 */
const char *option_list_find(const char *options, const char *name, size_t *ret_size);
