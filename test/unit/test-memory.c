/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/memory.h"
#include "support.h"

struct meminfo_row {
	const char *name, *text;
	uint64_t kib;
};

static const struct meminfo_row rows[] = {
	{ "among others",
	  "MemTotal:        4011932 kB\nMemFree:          201420 kB\n"
	  "MemAvailable:    3140620 kB\nBuffers:           92816 kB\n",
	  3140620 },
	{ "none left", "MemAvailable:          0 kB\n", 0 },
	{ "a kernel that does not say", "MemTotal:        4011932 kB\n", UINT64_MAX },
	{ "no number", "MemAvailable: lots\n", UINT64_MAX },
	{ "nothing", "", UINT64_MAX },
};

static void tells_what_is_available(void **state)
{
	const struct meminfo_row *row = *state;

	assert_true(memory_parse_available_kib(row->text) == row->kib);
}

static void test_this_machine(void **state)
{
	uint64_t kib = memory_available_kib();

	assert_true(kib > 0 && kib < UINT64_MAX);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, tells_what_is_available, rows);
	TEST(&list, test_this_machine);
	return test_list_run(&list);
}
