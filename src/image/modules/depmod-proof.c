/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image/modules/depmod-proof.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/str.h"

/* The last of the modules that the table has aliases of; NULL if it has none. */
static const struct kmod_listed_module *find_last(const struct kmod_tables *tables)
{
	const struct kmod_listed_module *last = NULL;
	const char *name = "";

	for (size_t i = 0; i < tables->aliases.n_rows; i++) {
		const struct kmod_listed_module *module;

		/* Those of a module follow each other. */
		if (str_equal(tables->aliases.rows[i].name, name))
			continue;
		name = tables->aliases.rows[i].name;
		module = kmod_tables_find(tables, name);
		if (module && (!last || module->position > last->position))
			last = module;
	}
	return last;
}

static size_t count_aliases(const struct kmod_tables *tables, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < tables->aliases.n_rows; i++)
		n += str_equal(tables->aliases.rows[i].name, name);
	return n;
}

/* A module that cannot be read proves nothing; if the image needs it, that will be said. */
static int check_aliases(const struct kmod_tables *tables, const char *modules_dir,
			 const struct kmod_listed_module *module)
{
	_cleanup_module_info_ struct module_info info = { 0 };
	_cleanup_free_ char *path = module->path[0] == '/'
					    ? strdup(module->path)
					    : str_format("%s/%s", modules_dir, module->path);
	int r = path ? module_info_read(path, MODULE_INFO, &info) : -ENOMEM;

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	if (info.n_aliases == 0 || count_aliases(tables, module->name) >= info.n_aliases)
		return 0;
	log_err("%s/modules.alias is cut off or out of date: it lacks aliases of %s; run depmod "
		"for "
		"this kernel and try again",
		modules_dir, module->name);
	return -ESTALE;
}

int depmod_proof_aliases(const struct kmod_tables *tables, const char *modules_dir)
{
	const struct kmod_listed_module *last = find_last(tables);
	int r = 0;

	for (size_t i = last ? last->position : 0; r >= 0 && i < tables->n_modules; i++)
		r = check_aliases(tables, modules_dir, &tables->modules[i]);
	return r;
}

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

int depmod_proof_rules(const struct kmod_closure *closure, const char *modules_dir,
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
