/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>

#include "image/modules/kmod-aliases.h"
#include "image/tree/sysroot.h"

/*
 * What the kernel's modules and the administrator say besides what is in the tables of depmod(8):
 * soft and weak dependencies and aliases.
 */
struct modprobe_rules;

/*
 * Reads modules.softdep and modules.weakdep of @modules_dir and the modprobe.d of @sysroot; what of
 * that is missing is passed over. 0, -ENOMEM, or -EBADMSG, which has been logged, if one of the
 * first two is damaged.
 */
int modprobe_rules_new(const char *modules_dir, const struct sysroot *sysroot,
		       struct modprobe_rules **ret_rules);
struct modprobe_rules *modprobe_rules_free(struct modprobe_rules *rules);

/* The aliases of modprobe.d, which come before those of the kernel. */
struct kmod_aliases *modprobe_rules_aliases(struct modprobe_rules *rules);

/*
 * Calls @visit for each module or alias that the module @name has a soft or weak dependency on, and
 * stops at its first negative result, which is returned; or -ENOMEM.
 */
int modprobe_rules_visit(const struct modprobe_rules *rules, const char *name,
			 int (*visit)(void *userdata, const char *word, bool is_weak),
			 void *userdata);

/* Whether there is the rule that the module @name has in its file: "softdep=pre: a". */
bool modprobe_rules_have(const struct modprobe_rules *rules, const char *name, const char *rule);
