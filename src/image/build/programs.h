/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/elf/elf-closure.h"

/*
 * Adds /init and the unlock helper that goes with it, with their libraries. @given is the program
 * to be /init, or NULL for Kindling's own. A negative errno has been logged, except for -ENOMEM.
 */
int programs_add(struct elf_closure *closure, const char *given);
