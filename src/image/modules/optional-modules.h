/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/modules/kmod-closure.h"

/*
 * Adds the modules that @name stands for, if this kernel has any. @why is the reason; or, with
 * @cause, the module that they are for, a phrase that ends before its name. 1 if the kernel knows
 * the name, built in or not; 0 if not; or a negative errno, logged, except for -ENOMEM.
 */
int optional_modules_add(struct kmod_closure *closure, const char *name, const char *why,
			 const char *cause);

/* The same for all of @names, which are separated by blanks. 0 or a negative errno. */
int optional_modules_add_all(struct kmod_closure *closure, const char *names, const char *why,
			     const char *cause);
