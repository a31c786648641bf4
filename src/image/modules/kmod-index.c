/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The binary index format of kmod, version 2.1, as it is described at the top of
 * https://github.com/kmod-project/kmod/blob/v30/libkmod/libkmod-index.c and written by
 * tools/depmod.c there. It is a trie: a node holds the characters that all keys below it go on
 * with, the values of the key that ends there, and its children by their next character. Numbers
 * are big-endian. A child comes before its parent, so that one pass knows all offsets.
 *
 * The rows are sorted as the trie is built: each node distributes its rows among its children,
 * which costs one look at each character and keeps the order of the values. Only writing is done
 * here; what reads an index is libkmod.
 */
#include "image/modules/kmod-index.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

#define INDEX_MAGIC       0xb007f457
#define INDEX_VERSION     0x00020001
#define INDEX_NODE_PREFIX 0x80000000
#define INDEX_NODE_VALUES 0x40000000
#define INDEX_NODE_CHILDS 0x20000000
#define INDEX_NODE_MASK   0x0fffffff
#define INDEX_CHILD_MAX   128

struct writer {
	struct strbuf *index;
	struct kmod_index_row *spare; /* as many rows as there are */
};

static void put_number(struct strbuf *index, uint32_t number)
{
	uint32_t big_endian = htonl(number);

	strbuf_append_bytes(index, &big_endian, sizeof(big_endian));
}

/* How many characters all keys share from @depth on. */
static size_t measure_prefix(const struct kmod_index_row *rows, size_t n_rows, size_t depth)
{
	const char *first = rows[0].key + depth;
	size_t size = strlen(first);

	for (size_t i = 1; i < n_rows; i++) {
		const char *other = rows[i].key + depth;
		size_t n = 0;

		while (n < size && other[n] == first[n])
			n++;
		size = n;
	}
	return size;
}

/* Sorts by the character at @depth alone, and keeps the order otherwise. */
static void distribute(const struct writer *writer, struct kmod_index_row *rows, size_t n_rows,
		       size_t depth)
{
	uint32_t starts[INDEX_CHILD_MAX + 1] = { 0 };

	for (size_t i = 0; i < n_rows; i++)
		starts[(unsigned char)rows[i].key[depth] + 1]++;
	for (size_t c = 1; c < INDEX_CHILD_MAX; c++)
		starts[c] += starts[c - 1];
	for (size_t i = 0; i < n_rows; i++)
		writer->spare[starts[(unsigned char)rows[i].key[depth]]++] = rows[i];
	memcpy(rows, writer->spare, n_rows * sizeof(*rows));
}

static void put_values(struct strbuf *index, const struct kmod_index_row *rows, size_t n_rows)
{
	put_number(index, (uint32_t)n_rows);
	for (size_t i = 0; i < n_rows; i++) {
		put_number(index, rows[i].priority);
		strbuf_append_bytes(index, rows[i].value, strlen(rows[i].value) + 1);
	}
}

/*
 * Writes the node of all @rows that share their first @depth characters, and returns its offset
 * with the flags that tell what it has. The depth of the recursion is limited by that of the keys.
 */
static uint32_t put_node(const struct writer *writer, struct kmod_index_row *rows, size_t n_rows,
			 size_t depth)
{
	struct strbuf *index = writer->index;
	uint32_t children[INDEX_CHILD_MAX], flags = 0, at;
	size_t prefix_size = measure_prefix(rows, n_rows, depth), n_values = 0;
	const char *prefix = rows[0].key + depth;
	unsigned char first = 0, last = 0;

	depth += prefix_size;
	if (n_rows > 1)
		distribute(writer, rows, n_rows, depth);
	while (n_values < n_rows && !rows[n_values].key[depth])
		n_values++;
	if (n_values < n_rows)
		memset(children, 0, sizeof(children));
	for (size_t i = n_values, n; i < n_rows; i += n) {
		last = (unsigned char)rows[i].key[depth];
		first = first ? first : last;
		for (n = 1; i + n < n_rows && (unsigned char)rows[i + n].key[depth] == last; n++)
			continue;
		children[last] = put_node(writer, rows + i, n, depth + 1);
	}

	at = (uint32_t)index->size;
	if (prefix_size > 0) {
		flags |= INDEX_NODE_PREFIX;
		strbuf_append_bytes(index, prefix, prefix_size);
		strbuf_append_bytes(index, "", 1);
	}
	if (last) {
		flags |= INDEX_NODE_CHILDS;
		strbuf_append_bytes(index, &first, 1);
		strbuf_append_bytes(index, &last, 1);
		for (size_t c = first; c <= last; c++)
			put_number(index, children[c]);
	}
	if (n_values > 0) {
		flags |= INDEX_NODE_VALUES;
		put_values(index, rows, n_values);
	}
	return at | flags;
}

static int check_key(const char *key)
{
	size_t size = strlen(key);

	if (size > KMOD_INDEX_KEY_MAX)
		return -EINVAL;
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)key[i] >= INDEX_CHILD_MAX)
			return -EINVAL;
	return 0;
}

int kmod_index_write(struct kmod_index_row *rows, size_t n_rows, struct strbuf *ret_index)
{
	_cleanup_free_ struct kmod_index_row *spare = calloc(n_rows + 1, sizeof(*spare));
	_cleanup_strbuf_ struct strbuf index = { 0 };
	struct writer writer = { .index = &index, .spare = spare };
	uint32_t root;

	if (!spare)
		return -ENOMEM;
	for (size_t i = 0; i < n_rows; i++) {
		int r = check_key(rows[i].key);

		if (r < 0)
			return r;
	}
	put_number(&index, INDEX_MAGIC);
	put_number(&index, INDEX_VERSION);
	put_number(&index, 0);
	/* Without rows the root is a node that has nothing. */
	root = htonl(n_rows > 0 ? put_node(&writer, rows, n_rows, 0) : (uint32_t)index.size);
	if (index.failed)
		return -ENOMEM;
	if (index.size > INDEX_NODE_MASK)
		return -EFBIG;
	memcpy(index.data + 2 * sizeof(root), &root, sizeof(root));
	*ret_index = index;
	index = (struct strbuf){ 0 };
	return 0;
}
