/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <limits.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "support.h"

struct number_row {
	const char *text;
	int result;
	uint64_t value;
};

static const struct number_row uint64_rows[] = {
	{ "0", 0, 0 },
	{ "007", 0, 7 },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -ERANGE, 0 },
	{ "99999999999999999999999999", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "1 ", -EINVAL, 0 },
	{ "1\t", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "1.5", -EINVAL, 0 },
	{ "ten", -EINVAL, 0 },
};

static void parses_uint64(void **state)
{
	const struct number_row *row = *state;
	uint64_t value = 4711;

	assert_int_equal(str_parse_uint64(row->text, &value), row->result);
	assert_true(value == (row->result < 0 ? 4711 : row->value));
}

struct int_row {
	const char *text;
	int result, value;
};

static const struct int_row int_rows[] = {
	{ "0", 0, 0 },
	{ "-0", 0, 0 },
	{ "-1", 0, -1 },
	{ "2147483647", 0, INT_MAX },
	{ "-2147483647", 0, -INT_MAX },
	{ "2147483648", -ERANGE, 0 },
	{ "4294967296", -ERANGE, 0 },
	{ "99999999999999999999999999", -ERANGE, 0 },
	{ "-", -EINVAL, 0 },
	{ "--1", -EINVAL, 0 },
	{ "- 1", -EINVAL, 0 },
	{ "-+1", -EINVAL, 0 },
	{ "", -EINVAL, 0 },
	{ "1s", -EINVAL, 0 },
};

static void parses_int(void **state)
{
	const struct int_row *row = *state;
	int value = 4711;

	assert_int_equal(str_parse_int(row->text, &value), row->result);
	assert_int_equal(value, row->result < 0 ? 4711 : row->value);
}

struct bool_row {
	const char *text;
	int result;
};

static const struct bool_row bool_rows[] = {
	{ "1", 1 },      { "yes", 1 },     { "y", 1 },        { "true", 1 },       { "t", 1 },
	{ "on", 1 },     { "YES", 1 },     { "On", 1 },       { "0", 0 },          { "no", 0 },
	{ "n", 0 },      { "false", 0 },   { "f", 0 },        { "off", 0 },        { "OFF", 0 },
	{ "", -EINVAL }, { "2", -EINVAL }, { " 1", -EINVAL }, { "yess", -EINVAL },
};

static void parses_bool(void **state)
{
	const struct bool_row *row = *state;

	assert_int_equal(str_parse_bool(row->text), row->result);
}

static void test_after_prefix(void **state)
{
	const char *text = "UUID=1234";

	assert_ptr_equal(str_after_prefix(text, "UUID="), text + 5);
	assert_ptr_equal(str_after_prefix(text, ""), text);
	assert_string_equal(str_after_prefix(text, text), "");
	assert_null(str_after_prefix(text, "uuid="));
	assert_null(str_after_prefix("UU", "UUID="));
}

static void test_has_suffix(void **state)
{
	assert_true(str_has_suffix("ext4.ko.zst", ".zst"));
	assert_true(str_has_suffix("ext4.ko.zst", ""));
	assert_true(str_has_suffix(".zst", ".zst"));
	assert_false(str_has_suffix("ext4.ko.zst", ".ko"));
	assert_false(str_has_suffix("st", ".zst"));
}

static void test_basename(void **state)
{
	const char *path = "/devices/virtio1/block/vda";

	assert_ptr_equal(str_basename(path), path + strlen(path) - 3);
	assert_string_equal(str_basename("vda"), "vda");
	assert_string_equal(str_basename("/"), "");
	assert_string_equal(str_basename(""), "");
}

static void test_format(void **state)
{
	_cleanup_free_ char *empty = str_format("%s", "");
	_cleanup_free_ char *longer = str_format("luks-%s/%05d", "1234", 42);

	assert_string_equal(empty, "");
	assert_string_equal(longer, "luks-1234/00042");
}

static void test_replaces_nuls(void **state)
{
	char bytes[] = "a\0b\0";

	assert_true(str_replace_nuls(bytes, sizeof(bytes) - 1));
	assert_string_equal(bytes, "a\nb\n");
	assert_false(str_replace_nuls(bytes, sizeof(bytes) - 1));
}

struct list_row {
	const char *list, *word;
	bool is_item;
};

static const struct list_row list_rows[] = {
	{ "", "a", false },
	{ "a", "a", true },
	{ "a", "", false },
	{ "ab", "a", false },
	{ "a", "ab", false },
	{ "b,a", "a", true },
	{ "ba,ab", "a", false },
	{ "a=b,c", "a", false },
	{ "a,b", "a,b", false },
	{ ",,a,", "a", true },
	{ "ext4,btrfs", "btrfs", true },
	{ " a", "a", false },
};

static void finds_in_list(void **state)
{
	const struct list_row *row = *state;

	assert_true(str_list_has(row->list, row->word) == row->is_item);
}

static void test_assign(void **state)
{
	char *field = NULL;

	assert_int_equal(str_assign(&field, "first"), 0);
	assert_int_equal(str_assign(&field, field + 1), 0);
	assert_string_equal(field, "irst");
	assert_int_equal(str_assign(&field, NULL), 0);
	assert_null(field);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses_uint64, uint64_rows);
	TEST_ROWS(&list, parses_int, int_rows);
	TEST_ROWS(&list, parses_bool, bool_rows);
	TEST(&list, test_after_prefix);
	TEST(&list, test_has_suffix);
	TEST(&list, test_basename);
	TEST(&list, test_format);
	TEST(&list, test_replaces_nuls);
	TEST(&list, test_assign);
	TEST_ROWS(&list, finds_in_list, list_rows);
	return test_list_run(&list);
}
