/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/modules/kmod-closure.h"

/*
 * Adds to what @closure has, builtin or not, what that asks the kernel for at run time only, until
 * there is no more. What this kernel does not have is passed over. A negative errno has been
 * logged, except for -ENOMEM.
 */
int runtime_needs_add(struct kmod_closure *closure);
