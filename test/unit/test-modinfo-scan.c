/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .modinfo recognised by its content, among what may surround it. */
#include "support.h"

#include <string.h>

#include "image/modules/modinfo-scan.h"

#define ZEROS_16 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define ZEROS_64 ZEROS_16 ZEROS_16 ZEROS_16 ZEROS_16

/* Each text without the last zero, which is that of its literal. */
#define TEXT(text) text, sizeof(text)
#define DATA(data) data, sizeof(data) - 1

struct scan_row {
	const char *name;
	const char *before;
	size_t before_size;
	const char *text;
	size_t text_size;
	const char *after;
	size_t after_size;
};

static const struct scan_row scan_rows[] = {
	{ "alone", DATA("\0"), TEXT("license=GPL\0vermagic=6.12 SMP"), DATA("\1\2") },
	{ "at-the-beginning", DATA(""), TEXT("license=GPL\0vermagic=6.12"), DATA("\1") },
	{ "after-strings", DATA("cannot load %s\0"),
	  TEXT("firmware=a.bin\0vermagic=6.12\0name=card"), DATA("\300\0\0\0") },
	{ "after-code", DATA("\0\350\314\303"), TEXT("firmware=a.bin\0vermagic=6.12"),
	  DATA("\300\0") },
	{ "after-letters", DATA("\0AUATSH"), TEXT("softdep=pre: crc32c\0vermagic=6.12"),
	  DATA("\300\0") },
	{ "padded", DATA("\0\1\0"),
	  TEXT("author=me\0" ZEROS_16 "vermagic=6.12\0" ZEROS_16 "name=a"), DATA("\1\0") },
	{ "before-zeros", DATA("\0"), TEXT("vermagic=6.12\0depends="), DATA(ZEROS_64) },
	{ "after-zeros", DATA("x=y\0" ZEROS_64), TEXT("name=a\0vermagic=6.12"), DATA("\n") },
	{ "before-symbols", DATA("\0"), TEXT("vermagic=6.12\0name=a"),
	  DATA(ZEROS_16 "\1\2\3\4printk\0") },
	{ "odd-values", DATA("\0"),
	  TEXT("parm=x:two\nlines = \303\251\0author=\0vermagic=6.12\0alias=pci:v*d*"),
	  DATA("module_layout\0") },
};

static void test_found(void **state)
{
	const struct scan_row *row = *state;
	size_t size = row->before_size + row->text_size + row->after_size;
	bool is_found = false;
	char data[512];

	assert_true(size < sizeof(data));
	memcpy(data, row->before, row->before_size);
	memcpy(data + row->before_size, row->text, row->text_size);
	memcpy(data + row->before_size + row->text_size, row->after, row->after_size);
	/* The same however much of the rest is there, once it is said to be whole. */
	for (size_t n = row->before_size + row->text_size + 1; n <= size; n++) {
		struct modinfo_scan scan = { 0 };

		is_found = modinfo_scan(&scan, data, n);
		if (!is_found)
			continue;
		assert_ptr_equal(scan.found.begin, data + row->before_size);
		assert_ptr_equal(scan.found.end, data + row->before_size + row->text_size);
	}
	assert_true(is_found);
}

/* As long as more of it may come; however much comes at a time. */
static void test_not_yet_whole(void **state)
{
	static const char data[] = "\0license=GPL\0vermagic=6.12\0firmware=a.bin\0\0\0name=card\0"
				   "srcversion\1";
	size_t size = sizeof(data) - 1;

	for (size_t step = 1; step < size; step++) {
		struct modinfo_scan scan = { 0 };

		for (size_t n = 0; n < size; n += step)
			assert_false(modinfo_scan(&scan, data, n));
		assert_true(modinfo_scan(&scan, data, size));
		assert_ptr_equal(scan.found.begin, data + 1);
		assert_ptr_equal(scan.found.end, data + size - sizeof("srcversion"));
	}
}

static void test_not_there(void **state)
{
	static const char data[] = "\0license=GPL\0author=vermagic=\0name=card\0\1";
	struct modinfo_scan scan = { 0 };

	assert_false(modinfo_scan(&scan, "", 0));
	assert_false(modinfo_scan(&scan, data, sizeof(data)));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, test_found, scan_rows);
	TEST(&list, test_not_yet_whole);
	TEST(&list, test_not_there);
	return test_list_run(&list);
}
