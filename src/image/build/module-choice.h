/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/build/build-options.h"
#include "image/host/host.h"
#include "image/modules/kernel.h"
#include "image/modules/kmod-closure.h"
#include "image/writer/cache.h"

/*
 * Fills the closure with the modules that the image is to have: those for any machine or for the
 * host's, what these ask for at run time, what the user wants, and not what the user does not want.
 * @cache may be NULL. A negative errno has been logged, except for -ENOMEM.
 */
int module_choice_make(struct kmod_closure *closure, const struct build_options *options,
		       const struct kernel *kernel, const struct host *host, struct cache *cache);
