/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include "image/modules/kmod-closure.h"
#include "image/modules/kmod-tables.h"
#include "image/modules/module-facts.h"

/*
 * A text that was cut off behind a line looks like a shorter one. What modules say of themselves
 * tells the difference.
 */

/*
 * Proves that the table of aliases is whole: depmod(8) goes through the modules in one order, so
 * what is missing at the end is of the last one that has any left, or of those behind it. Reads the
 * files of these, a few. 0, -ENOMEM, or -ESTALE, which has been logged.
 */
int depmod_proof_aliases(const struct kmod_tables *tables, const char *modules_dir);

/*
 * Proves that modules.softdep and modules.weakdep of @modules_dir are whole as far as they matter:
 * all that the modules of @closure say of their soft and weak dependencies must be there, too. 0,
 * -ENOMEM, or -ESTALE, which has been logged. A kmod that knows no weak dependencies makes no
 * modules.weakdep, and then they do not count.
 */
int depmod_proof_rules(const struct kmod_closure *closure, const char *modules_dir,
		       const struct module_facts *facts);
