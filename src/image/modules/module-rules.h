/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/modules/kmod-closure.h"
#include "image/modules/module-facts.h"

/*
 * Proves that modules.softdep and modules.weakdep of @modules_dir are whole as far as they matter:
 * all that the modules of @closure say of their soft and weak dependencies must be there, too. 0,
 * -ENOMEM, or -ESTALE, which has been logged. A kmod that knows no weak dependencies makes no
 * modules.weakdep, and then they do not count.
 */
int module_rules_check(const struct kmod_closure *closure, const char *modules_dir,
		       const struct module_facts *facts);
