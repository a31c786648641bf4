/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <string.h>

#include "config/bkeymap.h"
#include "support.h"

#define HEADER     (strlen("bkeymap") + BKEYMAP_TABLES)
#define TABLE_SIZE (BKEYMAP_KEYS * sizeof(uint16_t))

/* A keymap of plain keys, those with Shift, and those with the modifiers of table 255. */
struct file {
	char bytes[sizeof("bkeymap") - 1 + BKEYMAP_TABLES + 3 * BKEYMAP_KEYS * sizeof(uint16_t) +
		   1];
};

static size_t make_file(struct file *file)
{
	uint16_t symbols[3][BKEYMAP_KEYS];

	for (unsigned int table = 0; table < 3; table++)
		for (unsigned int key = 0; key < BKEYMAP_KEYS; key++)
			symbols[table][key] = (uint16_t)(table * 1000 + key);
	*file = (struct file){ "bkeymap" };
	file->bytes[strlen("bkeymap")] = 1;
	file->bytes[strlen("bkeymap") + 1] = 1;
	file->bytes[strlen("bkeymap") + 255] = 1;
	memcpy(file->bytes + HEADER, symbols, sizeof(symbols));
	return HEADER + sizeof(symbols);
}

static void finds_symbols(void **state)
{
	struct bkeymap keymap;
	struct file file;
	size_t size = make_file(&file);

	assert_int_equal(bkeymap_parse(file.bytes, size, &keymap), 0);
	assert_non_null(keymap.tables[0]);
	assert_non_null(keymap.tables[1]);
	assert_null(keymap.tables[2]);
	assert_null(keymap.tables[254]);
	assert_int_equal(bkeymap_get(&keymap, 0, 0), 0);
	assert_int_equal(bkeymap_get(&keymap, 0, 127), 127);
	assert_int_equal(bkeymap_get(&keymap, 1, 44), 1044);
	assert_int_equal(bkeymap_get(&keymap, 255, 127), 2127);
}

struct damage_row {
	const char *name;
	int size_change;
	size_t offset; /* of a byte that becomes @byte */
	char byte;
};

static const struct damage_row damages[] = {
	{ "another magic number", 0, 0, 'B' },
	{ "one byte is missing", -1, 0, 'b' },
	{ "one byte too many", 1, 0, 'b' },
	{ "a table too few", -(int)TABLE_SIZE, 0, 'b' },
	{ "cut within the flags", -(int)(3 * TABLE_SIZE + 1), 0, 'b' },
	{ "cut within the magic number", -(int)(3 * TABLE_SIZE + BKEYMAP_TABLES + 1), 0, 'b' },
	{ "a table announced that is not there", 0, 100, 1 },
	{ "a table there that is not announced", 0, 8, 0 },
	{ "a flag that is none", 0, 8, 2 },
};

static void refuses(void **state)
{
	const struct damage_row *row = *state;
	struct bkeymap keymap;
	struct file file;
	size_t size = make_file(&file);

	file.bytes[row->offset] = row->byte;
	assert_int_equal(bkeymap_parse(file.bytes, (size_t)((int)size + row->size_change), &keymap),
			 -EBADMSG);
}

static void refuses_one_without_plain_keys(void **state)
{
	struct bkeymap keymap;
	struct file file;
	size_t size = make_file(&file);

	file.bytes[strlen("bkeymap")] = 0;
	file.bytes[strlen("bkeymap") + 2] = 1;
	assert_int_equal(bkeymap_parse(file.bytes, size, &keymap), -EBADMSG);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST(&list, finds_symbols);
	TEST_ROWS(&list, refuses, damages);
	TEST(&list, refuses_one_without_plain_keys);
	return test_list_run(&list);
}
