/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The writer is on its own, and as plain as the format allows: that of the generator is tested
 * against it and must not share its errors.
 */
#include "fake-kernel.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "base/strbuf.h"
#include "support.h"

#define INDEX_MAGIC       0xb007f457
#define INDEX_VERSION     0x00020001
#define INDEX_NODE_VALUES 0x40000000
#define INDEX_NODE_CHILDS 0x20000000

struct ranked_row {
	const char *key, *value;
	uint32_t priority;
};

static void put_number(struct strbuf *index, uint32_t number)
{
	uint32_t big_endian = htonl(number);

	strbuf_append_bytes(index, &big_endian, sizeof(big_endian));
}

static void put_values(struct strbuf *index, const struct ranked_row *rows, size_t n_rows)
{
	put_number(index, (uint32_t)n_rows);
	for (size_t i = 0; i < n_rows; i++) {
		put_number(index, rows[i].priority);
		strbuf_append_bytes(index, rows[i].value, strlen(rows[i].value) + 1);
	}
}

/*
 * Writes the node of all sorted @rows that share their first @depth characters, children first,
 * and returns where it is and what it has.
 */
static uint32_t put_node(struct strbuf *index, const struct ranked_row *rows, size_t n_rows,
			 size_t depth)
{
	uint32_t children[128] = { 0 }, at;
	unsigned char first = 0, last = 0;
	size_t n_values = 0;

	while (n_values < n_rows && !rows[n_values].key[depth])
		n_values++;
	for (size_t i = n_values, n; i < n_rows; i += n) {
		last = (unsigned char)rows[i].key[depth];
		first = first ? first : last;
		for (n = 1; i + n < n_rows && rows[i + n].key[depth] == last; n++)
			continue;
		children[last] = put_node(index, rows + i, n, depth + 1);
	}
	at = (uint32_t)index->size;
	if (last) {
		strbuf_append_bytes(index, &first, 1);
		strbuf_append_bytes(index, &last, 1);
		for (unsigned int c = first; c <= last; c++)
			put_number(index, children[c]);
	}
	if (n_values)
		put_values(index, rows, n_values);
	return at | (last ? INDEX_NODE_CHILDS : 0) | (n_values ? INDEX_NODE_VALUES : 0);
}

static int compare_rows(const void *a, const void *b)
{
	const struct ranked_row *row_a = a, *row_b = b;
	int order = strcmp(row_a->key, row_b->key);

	return order ? order
		     : (row_a->priority > row_b->priority) - (row_a->priority < row_b->priority);
}

void fake_kernel_write_text(const char *dir, const char *name, const char *text)
{
	_cleanup_free_ char *path = str_format("%s/%s", dir, name);

	assert_non_null(path);
	write_text(path, text);
}

void fake_kernel_write_index(const char *modules_dir, const char *name, const struct fake_row *rows,
			     size_t n_rows)
{
	_cleanup_free_ struct ranked_row *ranked = calloc(n_rows + 1, sizeof(*ranked));
	_cleanup_free_ char *path = str_format("%s/%s", modules_dir, name);
	_cleanup_strbuf_ struct strbuf index = { 0 };
	uint32_t root;

	assert_non_null(ranked);
	assert_non_null(path);
	for (size_t i = 0; i < n_rows; i++)
		ranked[i] = (struct ranked_row){ rows[i].key, rows[i].value, (uint32_t)i };
	qsort(ranked, n_rows, sizeof(*ranked), compare_rows);
	put_number(&index, INDEX_MAGIC);
	put_number(&index, INDEX_VERSION);
	put_number(&index, 0);
	root = htonl(put_node(&index, ranked, n_rows, 0));
	memcpy(index.data + 2 * sizeof(root), &root, sizeof(root));
	write_file(path, index.data, index.size);
}

/* What a row is in the text of a table. */
typedef void (*put_line_fn)(struct strbuf *text, const struct fake_row *row);

static void put_module(struct strbuf *text, const struct fake_row *row)
{
	strbuf_printf(text, "%s\n", row->value);
}

static void put_alias(struct strbuf *text, const struct fake_row *row)
{
	strbuf_printf(text, "alias %s %s\n", row->key, row->value);
}

static void put_builtin(struct strbuf *text, const struct fake_row *row)
{
	strbuf_printf(text, "kernel/%s.ko\n", row->key);
}

/* Both forms of a table, as depmod does. */
static void write_table(const char *modules_dir, const char *name, const struct fake_row *rows,
			size_t n_rows, put_line_fn put_line)
{
	_cleanup_free_ char *index = str_format("%s.bin", name);
	_cleanup_strbuf_ struct strbuf text = { 0 };

	assert_non_null(index);
	for (size_t i = 0; i < n_rows; i++)
		put_line(&text, &rows[i]);
	fake_kernel_write_text(modules_dir, name, strbuf_string(&text));
	fake_kernel_write_index(modules_dir, index, rows, n_rows);
}

void fake_kernel_write_modules(const char *modules_dir, const struct fake_row *modules,
			       size_t n_modules)
{
	write_table(modules_dir, "modules.dep", modules, n_modules, put_module);
	for (size_t i = 0; i < n_modules; i++) {
		_cleanup_free_ char *path =
			strndup(modules[i].value, strcspn(modules[i].value, ":"));

		assert_non_null(path);
		if (!str_equal(modules[i].key, "gone"))
			fake_kernel_write_text(modules_dir, path, path);
	}
}

void fake_kernel_write(const struct fake_kernel *kernel, const char *root)
{
	_cleanup_free_ char *dir = str_format("%s" FAKE_MODULES_DIR, root);

	assert_non_null(dir);
	fake_kernel_write_modules(dir, kernel->modules, kernel->n_modules);
	write_table(dir, "modules.alias", kernel->aliases, kernel->n_aliases, put_alias);
	write_table(dir, "modules.builtin", kernel->builtins, kernel->n_builtins, put_builtin);
	fake_kernel_write_index(dir, "modules.symbols.bin", NULL, 0);
	if (kernel->softdep)
		fake_kernel_write_text(dir, "modules.softdep", kernel->softdep);
	if (kernel->weakdep)
		fake_kernel_write_text(dir, "modules.weakdep", kernel->weakdep);
	for (size_t i = 0; i < kernel->n_configs; i++)
		fake_kernel_write_text(root, kernel->configs[i].key, kernel->configs[i].value);
}
