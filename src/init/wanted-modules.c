/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "init/wanted-modules.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "base/strmap.h"
#include "base/vec.h"
#include "config/cmdline.h"
#include "config/module-list.h"
#include "init/module-loader.h"

#define LIST_BYTES_MAX (1 << 20)

#define MODPROBE_D "/etc/modprobe.d"
#define FORBIDDEN  MODPROBE_D "/kindling-blacklist.conf"

struct wanted_modules {
	struct module_loader *loader;
	struct vec names; /* of char * */
};

/* --- those that are forbidden --- */

int wanted_modules_forbid(const struct boot_config *config, const char *root)
{
	_cleanup_free_ char *dir = str_format("%s" MODPROBE_D, root);
	_cleanup_free_ char *path = str_format("%s" FORBIDDEN, root);
	_cleanup_strbuf_ struct strbuf lines = { 0 };
	const char *name;
	int r;

	if (config->modules_blacklist.n_items == 0)
		return 0;
	vec_for_each(name, &config->modules_blacklist) {
		struct module_entry *entry = module_entry_new(name, "");

		if (!entry) {
			log_warn("\"%s\" is no name of a module, not forbidding it", name);
			continue;
		}
		strbuf_printf(&lines, "blacklist %s\n", entry->name);
		module_entry_free(entry);
	}
	r = dir && path && !lines.failed ? file_make_directories(dir, 0755) : -ENOMEM;
	if (r >= 0)
		r = file_publish(path, strbuf_string(&lines), lines.size, 0644);
	return r < 0 ? log_err_errno(r, "cannot write %s, so no module is forbidden", FORBIDDEN)
		     : 0;
}

/* --- those that are wanted --- */

/* Takes over @entry. */
static int want(struct wanted_modules *wanted, struct module_entry *entry, const char *after)
{
	int r = vec_push_copy(&wanted->names, entry->name);

	if (r < 0) {
		module_entry_free(entry);
		return r;
	}
	return module_loader_add_wish(wanted->loader, entry, after);
}

/* Of files without an index each comes after the one before, as tiny-initramfs has it. */
static int want_all(struct wanted_modules *wanted, struct vec *entries)
{
	const char *previous = NULL;
	struct module_entry *entry;
	int r = 0;

	vec_for_each(entry, entries) {
		bool is_file = entry->path != NULL;

		if (r >= 0)
			r = want(wanted, entry, is_file ? previous : NULL);
		else
			module_entry_free(entry);
		if (r >= 0 && is_file)
			previous = wanted->names.items[wanted->names.n_items - 1];
	}
	vec_done(entries, NULL);
	return r;
}

static int want_names(struct wanted_modules *wanted, const struct vec *names)
{
	const char *name;
	int r = 0;

	vec_for_each(name, names) {
		struct module_entry *entry = module_entry_new(name, "");

		if (!entry)
			log_warn("\"%s\" is no name of a module, not loading it", name);
		else if (r >= 0)
			r = want(wanted, entry, NULL);
		else
			module_entry_free(entry);
	}
	return r;
}

static int want_list(struct wanted_modules *wanted, const char *root, const char *path)
{
	_cleanup_free_ char *full = str_format("%s%s", root, path), *text = NULL;
	struct vec entries = { 0 }, warnings = { 0 };
	const char *warning;
	size_t size;
	int r = full ? file_read(full, LIST_BYTES_MAX, &text, &size) : -ENOMEM;

	if (r < 0 && r != -ENOMEM) {
		if (r != -ENOENT)
			(void)log_err_errno(r, "cannot read %s, going on without it", path);
		return 0;
	}
	if (r >= 0) {
		(void)str_replace_nuls(text, size);
		r = module_list_parse(text, path, &entries, &warnings);
	}
	vec_for_each(warning, &warnings)
		log_warn("%s", warning);
	vec_done(&warnings, free);
	if (r < 0) {
		vec_done(&entries, module_entry_free);
		return r;
	}
	return want_all(wanted, &entries);
}

/* --- modules-load.d --- */

/* Adds the drop-ins of a directory, name → directory; those of earlier directories count. */
static int add_drop_ins(const char *root, const char *dir, struct strmap *files, struct vec *names)
{
	_cleanup_free_ char *full = str_format("%s%s", root, dir);
	struct vec found = { 0 };
	char *name;
	int r = 0;

	if (!full)
		return -ENOMEM;
	(void)file_list_directory(full, file_is_drop_in, &found);
	vec_for_each(name, &found) {
		if (r >= 0 && !strmap_get(files, name)) {
			r = strmap_set(files, name, (void *)dir);
			if (r >= 0)
				r = vec_push_copy(names, name);
		}
	}
	vec_done(&found, free);
	return r;
}

static int want_drop_ins(struct wanted_modules *wanted, const char *root)
{
	static const char *const directories[] = { "/etc/modules-load.d", "/run/modules-load.d",
						   "/usr/lib/modules-load.d" };
	struct strmap files = { 0 };
	struct vec names = { 0 };
	const char *name;
	int r = 0;

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(directories); i++)
		r = add_drop_ins(root, directories[i], &files, &names);
	vec_sort_strings(&names);
	vec_for_each(name, &names) {
		_cleanup_free_ char *path =
			str_format("%s/%s", (const char *)strmap_get(&files, name), name);

		if (r >= 0)
			r = path ? want_list(wanted, root, path) : -ENOMEM;
	}
	vec_done(&names, free);
	strmap_done(&files, NULL);
	return r;
}

/* --- construction --- */

static int want_first(struct wanted_modules *wanted, const struct boot_config *config)
{
	const char *name;
	int r = want_names(wanted, &config->modules_first);

	vec_for_each(name, &wanted->names)
		module_loader_request_first(wanted->loader, name);
	return r;
}

static int want_others(struct wanted_modules *wanted, const struct boot_config *config,
		       const char *root)
{
	/* tiny-initramfs' and Debian's. */
	static const char *const lists[] = { "/modules", "/conf/modules" };
	const char *name;
	int r = want_names(wanted, &config->modules);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(lists); i++)
		r = want_list(wanted, root, lists[i]);
	if (r >= 0)
		r = want_drop_ins(wanted, root);
	vec_for_each(name, &wanted->names)
		module_loader_request(wanted->loader, name);
	return r;
}

int wanted_modules_new(struct module_loader *loader, const struct boot_config *config,
		       const char *root, struct wanted_modules **ret_wanted)
{
	struct wanted_modules *wanted = calloc(1, sizeof(*wanted));
	int r;

	if (!wanted)
		return -ENOMEM;
	wanted->loader = loader;
	r = want_first(wanted, config);
	if (r >= 0)
		r = want_others(wanted, config, root);
	if (r < 0) {
		wanted_modules_free(wanted);
		return r;
	}
	*ret_wanted = wanted;
	return 0;
}

struct wanted_modules *wanted_modules_free(struct wanted_modules *wanted)
{
	if (wanted) {
		vec_done(&wanted->names, free);
		free(wanted);
	}
	return NULL;
}

bool wanted_modules_are_settled(const struct wanted_modules *wanted)
{
	const char *name;

	vec_for_each(name, &wanted->names) {
		if (!module_loader_is_settled(wanted->loader, name))
			return false;
	}
	return true;
}
