/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * depmod(8) writes each table twice, as text and as an index. The text is what is read here: it has
 * the order of the modules, which libkmod's dump of an index has not, nothing in it can lead a
 * reader astray, and it takes 2 ms where the dumps of libkmod 30 take 60 ms. Where there is no
 * text, libkmod dumps the index, in nearly the same format.
 *
 * Aliases of what is built in have no text but what the kernel's build left:
 * modules.builtin.modinfo.
 */
#include "image/modules/kmod-tables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "image/modules/kmod-dump.h"
#include "image/modules/kmod-index.h"

#define TABLE_SIZE_MAX (64 * 1024 * 1024)
#define NAME_SIZE_MAX  256

struct table {
	const char *modules_dir, *name;
	char *text;
	size_t size;
	bool is_dump; /* each line begins with a key */
};

static int report_damage(const struct table *table, const char *what)
{
	log_err("%s/%s%s is damaged: %s; run depmod for this kernel and try again",
		table->modules_dir, table->name, table->is_dump ? ".bin" : "", what);
	return -EBADMSG;
}

/* Keeps the text for as long as the tables. */
static int keep_text(struct kmod_tables *tables, char *text)
{
	int r = vec_push(&tables->texts, text);

	if (r < 0)
		free(text);
	return r;
}

/* Reads a file that may be missing: then there is no text. */
static int read_text(struct kmod_tables *tables, struct table *table)
{
	_cleanup_free_ char *path = str_format("%s/%s", table->modules_dir, table->name);
	int r;

	if (!path)
		return -ENOMEM;
	r = file_read(path, TABLE_SIZE_MAX, &table->text, &table->size);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -ENOMEM ? r : log_err_errno(r, "cannot read %s, giving up", path);
	return keep_text(tables, table->text);
}

/* The same from the index. */
static int read_index(struct kmod_tables *tables, struct table *table)
{
	int r = kmod_dump(table->modules_dir, table->name, &table->text, &table->size);

	table->is_dump = true;
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r == -ENOMEM || r == -EBADMSG
			       ? r
			       : log_err_errno(r, "cannot read %s/%s.bin, giving up",
					       table->modules_dir, table->name);
	return keep_text(tables, table->text);
}

/* After a crash, files may be cut off, or full of zeros. */
static int check_text(const struct table *table)
{
	if (memchr(table->text, '\0', table->size))
		return report_damage(table, "it has a zero byte");
	if (table->size > 0 && table->text[table->size - 1] != '\n')
		return report_damage(table, "it ends in the midst of a line");
	return 0;
}

static int read_table(struct kmod_tables *tables, const char *modules_dir, const char *name,
		      struct table *ret_table)
{
	struct table table = { .modules_dir = modules_dir, .name = name };
	int r = read_text(tables, &table);

	if (r >= 0 && !table.text)
		r = read_index(tables, &table);
	if (r < 0)
		return r;
	if (!table.text) {
		log_err("%s lacks %s, which depmod makes; run depmod for this kernel and try again",
			modules_dir, name);
		return -ENOENT;
	}
	r = check_text(&table);
	if (r >= 0)
		*ret_table = table;
	return r;
}

/* The next line of *@text, terminated; *@text moves on behind it. NULL at the end. */
static char *next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

/* The name of the module in a file; @path ends where a space does. -EINVAL if it cannot be one. */
static int make_name(const char *path, char name[static NAME_SIZE_MAX])
{
	size_t size = strcspn(path, " "), start = size, n = 0;

	while (start > 0 && path[start - 1] != '/')
		start--;
	for (size_t i = start; i < size && path[i] != '.'; i++) {
		if ((unsigned char)path[i] >= 128 || n + 1 == NAME_SIZE_MAX)
			return -EINVAL;
		name[n++] = path[i] == '-' ? '_' : path[i];
	}
	name[n] = '\0';
	return n > 0 ? 0 : -EINVAL;
}

/* Whether a path could lead out of the modules directory, or of the image. */
static bool has_parent(const char *path)
{
	return strncmp(path, "../", 3) == 0 || strstr(path, "/../");
}

static struct kmod_listed_module *push_module(struct kmod_tables *tables)
{
	if (tables->n_modules == tables->n_allocated) {
		size_t n = tables->n_allocated ? 2 * tables->n_allocated : 256;
		struct kmod_listed_module *modules =
			reallocarray(tables->modules, n, sizeof(*modules));

		if (!modules)
			return NULL;
		tables->modules = modules;
		tables->n_allocated = n;
	}
	return &tables->modules[tables->n_modules++];
}

/* "kernel/fs/ext4/ext4.ko: kernel/fs/jbd2/jbd2.ko kernel/lib/crc16.ko" */
static int parse_module(struct kmod_tables *tables, const struct table *table, char *line)
{
	struct kmod_listed_module *module;
	char name[NAME_SIZE_MAX], *colon;

	if (table->is_dump)
		line += strcspn(line, " ") + 1;
	colon = strchr(line, ':');
	if (!colon)
		return report_damage(table, "a line has no colon");
	*colon = '\0';
	if (make_name(line, name) < 0 || strchr(line, ' ') || has_parent(line))
		return report_damage(table, "a line names no module");
	module = push_module(tables);
	if (!module)
		return -ENOMEM;
	*module = (struct kmod_listed_module){ .name = strdup(name),
					       .path = line,
					       .needs = colon + 1,
					       .position = tables->n_modules - 1 };
	return module->name ? 0 : -ENOMEM;
}

static int parse_modules(struct kmod_tables *tables, const struct table *table)
{
	char *text = table->text, *line;

	while ((line = next_line(&text))) {
		int r = *line ? parse_module(tables, table, line) : 0;

		if (r < 0)
			return r;
	}
	/* Only now, as the array has stopped moving; and backwards, as the first of a name counts.
	 */
	for (size_t i = tables->n_modules; i > 0; i--) {
		struct kmod_listed_module *module = &tables->modules[i - 1];
		int r = strmap_set(&tables->by_name, module->name, module);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Whether an index can hold it. */
static bool is_usable_alias(const char *alias)
{
	const char *c = alias;

	while (*c && (unsigned char)*c < 128)
		c++;
	return !*c && c > alias && c - alias <= KMOD_INDEX_KEY_MAX;
}

static int add_alias(struct kmod_aliases *aliases, char *alias, const char *name)
{
	if (kmod_alias_normalise(alias) < 0 || !is_usable_alias(alias)) {
		log_debug("passing over the alias %s of %s, which cannot match", alias, name);
		return 0;
	}
	return kmod_aliases_add(aliases, alias, name);
}

/* "alias pci:v00001AF4d*sv*sd*bc*sc*i* virtio_pci"; the name is the last word. */
static int parse_aliases(struct kmod_tables *tables, const struct table *table)
{
	char *text = table->text, *line;

	while ((line = next_line(&text))) {
		char *alias = (char *)str_after_prefix(line, "alias ");
		char *space = strrchr(alias ? alias : line, ' ');
		int r;

		if (!*line || *line == '#')
			continue;
		if (!alias || !space)
			return report_damage(table, "a line is no alias");
		*space = '\0';
		r = add_alias(&tables->aliases, alias, space + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Files as they would be called, were they modules; a dump has names with a space after. */
static int parse_builtins(struct kmod_tables *tables, const struct table *table)
{
	char *text = table->text, *line, name[NAME_SIZE_MAX];

	while ((line = next_line(&text))) {
		int r;

		if (!*line)
			continue;
		if (make_name(line, name) < 0)
			return report_damage(table, "a line names no module");
		r = strmap_set(&tables->builtins, name, tables);
		if (r < 0)
			return r;
	}
	return 0;
}

/* "ext4.alias=fs-ext4", each with a zero byte at its end. */
static int parse_builtin_aliases(struct kmod_tables *tables, const struct table *table)
{
	char *end = table->text + table->size;

	for (char *next = table->text, *line = next; line < end; line = next) {
		char *dot = strchr(line, '.'), *alias;
		int r;

		next = line + strlen(line) + 1;
		alias = dot ? (char *)str_after_prefix(dot, ".alias=") : NULL;
		if (!alias)
			continue;
		*dot = '\0';
		r = add_alias(&tables->builtin_aliases, alias, line);
		if (r < 0)
			return r;
	}
	return 0;
}

static int read_tables(struct kmod_tables *tables, const char *modules_dir)
{
	struct table table,
		modinfo = { .modules_dir = modules_dir, .name = "modules.builtin.modinfo" };
	int r;

	r = read_table(tables, modules_dir, "modules.dep", &table);
	if (r >= 0)
		r = parse_modules(tables, &table);
	if (r >= 0)
		r = read_table(tables, modules_dir, "modules.alias", &table);
	if (r >= 0)
		r = parse_aliases(tables, &table);
	if (r >= 0)
		r = read_table(tables, modules_dir, "modules.builtin", &table);
	if (r >= 0)
		r = parse_builtins(tables, &table);
	if (r >= 0)
		r = read_text(tables, &modinfo);
	return r >= 0 && modinfo.text ? parse_builtin_aliases(tables, &modinfo) : r;
}

int kmod_tables_open(const char *modules_dir, struct kmod_tables *ret_tables)
{
	struct kmod_tables tables = { 0 };
	int r = read_tables(&tables, modules_dir);

	if (r < 0)
		kmod_tables_close(&tables);
	else
		*ret_tables = tables;
	return r;
}

void kmod_tables_close(struct kmod_tables *tables)
{
	for (size_t i = 0; i < tables->n_modules; i++)
		free(tables->modules[i].name);
	free(tables->modules);
	strmap_done(&tables->by_name, NULL);
	strmap_done(&tables->builtins, NULL);
	kmod_aliases_done(&tables->aliases);
	kmod_aliases_done(&tables->builtin_aliases);
	vec_done(&tables->texts, free);
	*tables = (struct kmod_tables){ 0 };
}

const struct kmod_listed_module *kmod_tables_find(const struct kmod_tables *tables,
						  const char *name)
{
	return strmap_get(&tables->by_name, name);
}

bool kmod_tables_next_need(const struct kmod_tables *tables, const char **list,
			   const struct kmod_listed_module **ret_module)
{
	char name[NAME_SIZE_MAX];

	*list += strspn(*list, " ");
	if (!**list)
		return false;
	*ret_module = make_name(*list, name) < 0 ? NULL : kmod_tables_find(tables, name);
	*list += strcspn(*list, " ");
	return true;
}
