/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/module-rules.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

/* 0, or an error of access(2). */
static int find_table(const char *modules_dir, const char *table)
{
	_cleanup_free_ char *path = str_format("%s/%s", modules_dir, table);

	if (!path)
		return -ENOMEM;
	return access(path, F_OK) < 0 ? -errno : 0;
}

static int check_rule(const struct modprobe_rules *rules, const char *modules_dir, const char *name,
		      const char *rule)
{
	bool is_weak = str_after_prefix(rule, "weakdep=");
	const char *table = is_weak ? "modules.weakdep" : "modules.softdep";
	int r;

	if (modprobe_rules_have(rules, name, rule))
		return 0;
	r = find_table(modules_dir, table);
	if (r == -ENOMEM || (is_weak && r == -ENOENT))
		return r == -ENOMEM ? r : 0;
	log_err("%s/%s is missing, cut off or out of date: it lacks what %s says of itself, "
		"\"%s\"; "
		"run depmod for this kernel and try again",
		modules_dir, table, name, rule);
	return -ESTALE;
}

int module_rules_check(const struct kmod_closure *closure, const char *modules_dir,
		       const struct module_facts *facts)
{
	const struct modprobe_rules *rules = kmod_closure_get_rules(closure);
	const struct kmod_closure_module *module;
	struct vec modules;
	int r = kmod_closure_list(closure, &modules);

	if (r < 0)
		return r;
	vec_for_each(module, &modules) {
		const struct module_info *info =
			module->host_path ? module_facts_get(facts, module->host_path) : NULL;
		const char *rule;

		if (!info)
			continue;
		vec_for_each(rule, &info->rules) {
			if (r >= 0)
				r = check_rule(rules, modules_dir, module->name, rule);
		}
	}
	vec_done(&modules, NULL);
	return r;
}
