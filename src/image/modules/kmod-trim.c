/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The indexes of an image, with what is of use at boot: each module that the image has, what stands
 * for it, and what is built into the kernel, so that a dependency on that is not taken for missing.
 * Device aliases of what is built in are left out, as nothing follows from finding one; the others
 * the kernel may ask for.
 *
 * When boot cannot go on, the screen names the drivers that the image lacks. So aliases that lead
 * to disks, file systems, ciphers and keyboards stay, with nothing but the name of the module. An
 * image for one machine is the one that needs that, and then gets about what a generic one has.
 *
 * libkmod refuses to map any index if it cannot map modules.symbols.bin, so an empty one goes
 * along.
 */
#include "image/modules/kmod-trim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/str.h"
#include "image/modules/kmod-index.h"

#define WHY              "index of the modules in the image"
#define SOFTDEP_SIZE_MAX (16 * 1024 * 1024)

struct trim {
	const struct kmod_tables *tables;
	char *const *files;
	const char *modules_dir, *image_dir;
	struct tree *tree;
};

static int add_data(const struct trim *trim, const char *name, const void *data, size_t size)
{
	_cleanup_free_ char *path = str_format("%s/%s", trim->image_dir, name);
	int r;

	if (!path)
		return -ENOMEM;
	r = tree_add_data(trim->tree, path, 0644, data, size, WHY);
	return r < 0 && r != -ENOMEM
		       ? log_err_errno(r, "cannot put %s into the image, giving up", path)
		       : r;
}

static int add_index(const struct trim *trim, const char *name, struct kmod_index_row *rows,
		     size_t n_rows)
{
	_cleanup_strbuf_ struct strbuf index = { 0 };
	int r = kmod_index_write(rows, n_rows, &index);

	if (r < 0)
		return r == -ENOMEM ? r : log_err_errno(r, "cannot make %s, giving up", name);
	return add_data(trim, name, index.data, index.size);
}

/* Whether the image has it. */
static bool has_module(const struct trim *trim, const char *name)
{
	const struct kmod_listed_module *module = kmod_tables_find(trim->tables, name);

	return module && trim->files[module->position];
}

/* "kernel/a.ko: kernel/b.ko kernel/c.ko", of those that the image has. */
static char *make_line(const struct trim *trim, const struct kmod_listed_module *module)
{
	_cleanup_strbuf_ struct strbuf line = { 0 };
	const struct kmod_listed_module *need;
	const char *needs = module->needs;

	strbuf_append(&line, trim->files[module->position]);
	strbuf_append(&line, ":");
	while (kmod_tables_next_need(trim->tables, &needs, &need)) {
		if (!need || !trim->files[need->position])
			continue;
		strbuf_append(&line, " ");
		strbuf_append(&line, trim->files[need->position]);
	}
	return strbuf_steal(&line);
}

static int add_dependencies(const struct trim *trim)
{
	size_t n_modules = trim->tables->n_modules, n_rows = 0;
	_cleanup_free_ struct kmod_index_row *rows = calloc(n_modules + 1, sizeof(*rows));
	struct vec lines = { 0 };
	int r = rows ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < n_modules; i++) {
		const struct kmod_listed_module *module = &trim->tables->modules[i];
		char *line;

		if (!trim->files[i])
			continue;
		line = make_line(trim, module);
		r = line ? vec_push(&lines, line) : -ENOMEM;
		if (r < 0)
			free(line);
		else
			rows[n_rows++] = (struct kmod_index_row){ module->name, line, (uint32_t)i };
	}
	if (r >= 0)
		r = add_index(trim, "modules.dep.bin", rows, n_rows);
	vec_done(&lines, free);
	return r;
}

/* Where drivers are without which a boot may come to an end. */
static const char *const vital_directories[] = {
	"kernel/drivers/ata/",         "kernel/drivers/block/",
	"kernel/drivers/hid/",         "kernel/drivers/hv/",
	"kernel/drivers/input/serio/", "kernel/drivers/input/keyboard/",
	"kernel/drivers/md/",          "kernel/drivers/message/",
	"kernel/drivers/mmc/",         "kernel/drivers/nvdimm/",
	"kernel/drivers/nvme/",        "kernel/drivers/pci/",
	"kernel/drivers/scsi/",        "kernel/drivers/ufs/",
	"kernel/drivers/usb/host/",    "kernel/drivers/usb/storage/",
	"kernel/drivers/virtio/",      "kernel/drivers/xen/",
};

static bool is_vital(const struct kmod_listed_module *module)
{
	for (size_t i = 0; i < ARRAY_SIZE(vital_directories); i++)
		if (str_after_prefix(module->path, vital_directories[i]))
			return true;
	return false;
}

/* Those of devices have a colon after the name of the bus. */
static bool is_of_device(const struct kmod_alias *alias)
{
	return strchr(alias->pattern, ':');
}

/* All aliases of a module follow each other, so that hardly any of them has to be looked up. */
static int add_aliases(const struct trim *trim)
{
	const struct kmod_aliases *aliases = &trim->tables->aliases;
	_cleanup_free_ struct kmod_index_row *rows = calloc(aliases->n_rows + 1, sizeof(*rows));
	const struct kmod_listed_module *module = NULL;
	const char *last_name = "";
	bool is_wanted = false;
	size_t n_rows = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < aliases->n_rows; i++) {
		const struct kmod_alias *alias = &aliases->rows[i];

		if (!str_equal(alias->name, last_name)) {
			last_name = alias->name;
			module = kmod_tables_find(trim->tables, last_name);
			is_wanted = module && (trim->files[module->position] || is_vital(module));
		}
		if (is_wanted || (module && !is_of_device(alias)))
			rows[n_rows++] =
				(struct kmod_index_row){ alias->pattern, alias->name, (uint32_t)i };
	}
	return add_index(trim, "modules.alias.bin", rows, n_rows);
}

static int add_builtins(const struct trim *trim)
{
	const struct strmap *builtins = &trim->tables->builtins;
	_cleanup_free_ struct kmod_index_row *rows = calloc(builtins->n_entries + 1, sizeof(*rows));
	const struct strmap_entry *entry;
	size_t n_rows = 0;

	if (!rows)
		return -ENOMEM;
	strmap_for_each(entry, builtins)
		rows[n_rows++] = (struct kmod_index_row){ entry->key, "", 0 };
	return add_index(trim, "modules.builtin.bin", rows, n_rows);
}

static int add_builtin_aliases(const struct trim *trim)
{
	const struct kmod_aliases *aliases = &trim->tables->builtin_aliases;
	_cleanup_free_ struct kmod_index_row *rows = calloc(aliases->n_rows + 1, sizeof(*rows));
	size_t n_rows = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < aliases->n_rows; i++) {
		const struct kmod_alias *alias = &aliases->rows[i];

		if (!is_of_device(alias))
			rows[n_rows++] = (struct kmod_index_row){ alias->pattern, alias->name, 0 };
	}
	return add_index(trim, "modules.builtin.alias.bin", rows, n_rows);
}

/* Whether a line is of a module in the image, or of a pattern. */
static bool is_line_wanted(const struct trim *trim, const char *line, size_t size)
{
	const char *rest = str_after_prefix(line, "softdep ");
	char name[256];
	size_t name_size;

	if (!rest)
		return false;
	name_size = strcspn(rest, " \t");
	if (rest + name_size > line + size || name_size >= sizeof(name))
		return false;
	memcpy(name, rest, name_size);
	name[name_size] = '\0';
	return strpbrk(name, "*?[\\") ||
	       (kmod_alias_normalise(name) >= 0 && has_module(trim, name));
}

static int add_soft_dependencies(const struct trim *trim)
{
	_cleanup_free_ char *path = str_format("%s/modules.softdep", trim->modules_dir);
	_cleanup_free_ char *text = NULL;
	_cleanup_strbuf_ struct strbuf lines = { 0 };
	size_t size;
	int r;

	if (!path)
		return -ENOMEM;
	r = file_read(path, SOFTDEP_SIZE_MAX, &text, &size);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -ENOMEM ? r : log_err_errno(r, "cannot read %s, giving up", path);
	for (const char *line = text; *line;) {
		size_t line_size = strcspn(line, "\n");

		if (is_line_wanted(trim, line, line_size)) {
			strbuf_append_bytes(&lines, line, line_size);
			strbuf_append(&lines, "\n");
		}
		line += line_size + (line[line_size] != '\0');
	}
	if (lines.failed)
		return -ENOMEM;
	return lines.size > 0 ? add_data(trim, "modules.softdep", lines.data, lines.size) : 0;
}

int kmod_trim_add_to_tree(const struct kmod_tables *tables, char *const *files,
			  const char *modules_dir, const char *image_dir, struct tree *tree)
{
	const struct trim trim = { .tables = tables,
				   .files = files,
				   .modules_dir = modules_dir,
				   .image_dir = image_dir,
				   .tree = tree };
	int r;

	r = add_dependencies(&trim);
	if (r >= 0)
		r = add_aliases(&trim);
	if (r >= 0)
		r = add_builtins(&trim);
	if (r >= 0)
		r = add_builtin_aliases(&trim);
	if (r >= 0)
		r = add_index(&trim, "modules.symbols.bin", &(struct kmod_index_row){ 0 }, 0);
	return r < 0 ? r : add_soft_dependencies(&trim);
}
