/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strmap.h"
#include "image/modules/kmod-aliases.h"

/*
 * The modules that have an alias of a class that a boot may need, by name, and what class that is,
 * a literal. Of several it is the first in the order of @aliases. 0 or -ENOMEM.
 */
int alias_classes_collect(const struct kmod_aliases *aliases, struct strmap *ret_reasons);
