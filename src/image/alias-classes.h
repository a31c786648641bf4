/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "base/strmap.h"

/*
 * The modules of a kernel that have an alias of a class that a boot may need, and what class that
 * is, as a literal: by name, with underscores. A modules.alias that is not there is a warning; a
 * negative errno has been logged, except for -ENOMEM.
 */
int alias_classes_read(const char *modules_dir, struct strmap *ret_reasons);
