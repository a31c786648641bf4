/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether somebody forbids a driver on the way to the root: a word of the command line, or a line
 * of the image's modprobe.d. What only forbids it where a device or a mount asks for it is of no
 * effect on what the user wants loaded by its name; a command in its place, and the kernel's own
 * module_blacklist=, are, and the latter on what it depends on as well.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/str.h"
#include "base/strmap.h"
#include "config/module-list.h"
#include "image/modules/modprobe-lines.h"
#include "image/verify/configuration.h"

struct prohibition {
	char *by; /* the subject of a sentence */
	bool is_for_wishes, is_for_dependencies;
};

struct judge {
	struct configuration *configuration;
	struct strmap prohibitions; /* name of a module → struct prohibition */
	struct strmap wishes;       /* names of modules */
	struct strmap told;         /* of which a sentence was said */
	const char *path;           /* of the file that is being read */
};

static void prohibition_free(void *item)
{
	struct prohibition *prohibition = item;

	free(prohibition->by);
	free(prohibition);
}

/* Takes over @by, NULL without memory. The gravest counts. */
static int forbid(struct judge *judge, const char *module, char *by, bool is_for_wishes,
		  bool is_for_dependencies)
{
	struct prohibition *other = strmap_get(&judge->prohibitions, module), *prohibition;
	int r;

	if (!by || (other && (other->is_for_wishes || !is_for_wishes))) {
		free(by);
		return by ? 0 : -ENOMEM;
	}
	prohibition = calloc(1, sizeof(*prohibition));
	if (!prohibition) {
		free(by);
		return -ENOMEM;
	}
	*prohibition = (struct prohibition){ by, is_for_wishes, is_for_dependencies };
	r = strmap_set(&judge->prohibitions, module, prohibition);
	if (r < 0)
		prohibition_free(prohibition);
	else if (other)
		prohibition_free(other);
	return r;
}

/* --- the command line --- */

static int read_word(struct judge *judge, const char *key, const char *value)
{
	struct module_entry *module = module_entry_new(value, "");
	bool is_the_kernels = str_equal(key, "module_blacklist");
	int r;

	if (!module)
		return 0; /* no name, and /init takes it for none */
	r = forbid(judge, module->name,
		   str_format("%s=%s of %s", key, value, judge->configuration->line.noun),
		   is_the_kernels, is_the_kernels);
	module_entry_free(module);
	return r;
}

static int read_words(struct judge *judge)
{
	const struct boot_config *boot = &judge->configuration->boot;
	const char *name;
	int r = 0;

	vec_for_each(name, &boot->modules_blacklist) {
		if (r >= 0)
			r = read_word(judge, boot->blacklist_keys.items[name_index], name);
	}
	return r;
}

/* --- modprobe.d --- */

/* A modprobe_line_fn. */
static int read_line(void *userdata, const struct modprobe_line *line)
{
	struct judge *judge = userdata;
	bool is_command = str_equal(line->command, "install");

	if (!is_command && !str_equal(line->command, "blacklist"))
		return 0;
	return forbid(judge, line->name,
		      str_format("\"%s %s\" in the image's %s", line->command, line->name,
				 judge->path),
		      is_command, false);
}

/* One that is masked, or no regular file, has no text. */
static int read_file(struct judge *judge, const char *path)
{
	_cleanup_free_ char *text = NULL;
	int r = configuration_read_file(judge->configuration->verification->contents, path, &text);

	judge->path = path;
	return r > 0 ? modprobe_lines_parse(NULL, text, read_line, judge) : r;
}

/* Of files with one name the first counts, in the order of libkmod's directories. */
static int read_modprobe_d(struct judge *judge, const struct vec *entries)
{
	static const char *const directories[] = {
		"/etc/modprobe.d/",     "/run/modprobe.d/", "/usr/local/lib/modprobe.d/",
		"/usr/lib/modprobe.d/", "/lib/modprobe.d/",
	};
	const struct contents_entry *entry;
	struct strmap seen = { 0 };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		vec_for_each(entry, entries) {
			const char *name = str_after_prefix(entry->path, directories[i]);

			if (r < 0 || !name || strchr(name, '/') || !file_is_drop_in(name) ||
			    strmap_get(&seen, name))
				continue;
			r = strmap_set(&seen, name, judge);
			if (r >= 0)
				r = read_file(judge, entry->path);
		}
	}
	strmap_done(&seen, NULL);
	return r;
}

/* --- what is wanted by its name --- */

static int wish_names(struct judge *judge, const struct vec *names)
{
	const char *name;
	int r = 0;

	vec_for_each(name, names) {
		struct module_entry *module = module_entry_new(name, "");

		if (module && r >= 0)
			r = strmap_set(&judge->wishes, module->name, judge);
		if (module)
			module_entry_free(module);
	}
	return r;
}

static int wish_list(struct judge *judge, const char *path)
{
	struct vec modules = { 0 }, warnings = { 0 };
	const struct module_entry *module;
	_cleanup_free_ char *text = NULL;
	int r = configuration_read_file(judge->configuration->verification->contents, path, &text);

	if (r > 0)
		r = module_list_parse(text, path, &modules, &warnings);
	vec_for_each(module, &modules) {
		if (r >= 0)
			r = strmap_set(&judge->wishes, module->name, judge);
	}
	vec_done(&modules, module_entry_free);
	vec_done(&warnings, free);
	return r;
}

static bool is_list(const char *path)
{
	static const char *const directories[] = { "/etc/modules-load.d/", "/run/modules-load.d/",
						   "/usr/lib/modules-load.d/" };

	for (size_t i = 0; i < ARRAY_SIZE(directories); i++) {
		const char *name = str_after_prefix(path, directories[i]);

		if (name && !strchr(name, '/') && file_is_drop_in(name))
			return true;
	}
	return str_equal(path, "/modules") || str_equal(path, "/conf/modules");
}

static int read_wishes(struct judge *judge, const struct vec *entries)
{
	const struct boot_config *boot = &judge->configuration->boot;
	const struct contents_entry *entry;
	int r = wish_names(judge, &boot->modules);

	if (r >= 0)
		r = wish_names(judge, &boot->modules_first);
	vec_for_each(entry, entries) {
		if (r >= 0 && is_list(entry->path))
			r = wish_list(judge, entry->path);
	}
	return r;
}

/* --- the verdict --- */

static const struct prohibition *find_prohibition(const struct judge *judge, const char *module)
{
	const struct prohibition *found = strmap_get(&judge->prohibitions, module);
	bool is_wished = strmap_get(&judge->wishes, module);

	return found && (found->is_for_wishes || !is_wished) ? found : NULL;
}

/* The module that is forbidden, if all that would do are; else NULL. */
static const char *find_forbidden(const struct judge *judge,
				  const struct verification_driver *driver)
{
	const char *module, *found = NULL;

	vec_for_each(module, &driver->modules) {
		if (!find_prohibition(judge, module))
			return NULL;
		found = module;
	}
	return found;
}

static const char *find_forbidden_dependency(const struct judge *judge,
					     const struct verification_driver *driver)
{
	const char *module;

	vec_for_each(module, &driver->needs) {
		const struct prohibition *found = find_prohibition(judge, module);

		if (found && found->is_for_dependencies)
			return module;
	}
	return NULL;
}

/* Each module is told once, with the first of what it is needed for. */
static int check_driver(struct judge *judge, const struct verification_driver *driver)
{
	const char *module = find_forbidden(judge, driver);
	const struct prohibition *prohibition;
	int r;

	if (!module)
		module = find_forbidden_dependency(judge, driver);
	if (!module || strmap_get(&judge->told, module))
		return 0;
	prohibition = find_prohibition(judge, module);
	r = strmap_set(&judge->told, module, judge);
	if (r < 0)
		return r;
	return verification_complain(judge->configuration->verification,
				     "%s forbids the module %s, without which the root cannot be "
				     "reached: %s",
				     prohibition->by, module, driver->why);
}

static int judge_drivers(struct judge *judge)
{
	const struct verification_driver *driver;
	struct vec entries = { 0 };
	int r;

	r = contents_sort(judge->configuration->verification->contents, &entries);
	if (r >= 0)
		r = read_words(judge);
	if (r >= 0)
		r = read_modprobe_d(judge, &entries);
	if (r >= 0)
		r = read_wishes(judge, &entries);
	vec_for_each(driver, &judge->configuration->verification->drivers) {
		if (r >= 0)
			r = check_driver(judge, driver);
	}
	vec_done(&entries, NULL);
	return r;
}

int verify_forbidden(struct configuration *configuration)
{
	struct judge judge = { .configuration = configuration };
	int r = judge_drivers(&judge);

	strmap_done(&judge.prohibitions, prohibition_free);
	strmap_done(&judge.wishes, NULL);
	strmap_done(&judge.told, NULL);
	return r;
}
