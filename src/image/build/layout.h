/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/tree/tree.h"

/*
 * Adds what every image has whatever it is for: directories, the links of a merged /usr, device
 * nodes, and the files that say what it is. A negative errno has been logged, except for -ENOMEM.
 */
int layout_add(struct tree *tree);
