/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "config/luks-limits.h"
#include "support.h"

#define MIB_KIB    1024ULL
#define IGNORED(x) "'" x "' is no limit for LUKS headers, ignoring it"

struct limits_row {
	const char *name, *text;
	struct luks_limits expected; /* what is 0 is as by default */
	const char *warning;
};

static const struct limits_row rows[] = {
	{ "nothing", "" },
	{ "blanks", " ,\n, \t" },
	{ "memory in GiB", "kdf-memory=8G", { .kdf_memory_kib = 8192 * MIB_KIB } },
	{ "memory in MiB", "kdf-memory=100M", { .kdf_memory_kib = 100 * MIB_KIB } },
	{ "memory in KiB", "kdf-memory=77K", { .kdf_memory_kib = 77 } },
	{ "time", "kdf-time=5", { .kdf_time = 5 } },
	{ "iterations", "kdf-iterations=7", { .kdf_iterations = 7 } },
	{ "re-encryption", "reencryption\n", { .allows_reencryption = true } },
	{ "several",
	  "kdf-time=5,reencryption kdf-memory=1G\n",
	  { .kdf_time = 5, .allows_reencryption = true, .kdf_memory_kib = 1024 * MIB_KIB } },
	{ "the last one counts", "kdf-time=5, kdf-time=6", { .kdf_time = 6 } },
	{ "no unit", "kdf-memory=8", { 0 }, IGNORED("kdf-memory=8") },
	{ "no number", "kdf-memory=G", { 0 }, IGNORED("kdf-memory=G") },
	{ "no value", "kdf-memory=", { 0 }, IGNORED("kdf-memory=") },
	{ "too much",
	  "kdf-memory=18446744073709551615G",
	  { 0 },
	  IGNORED("kdf-memory=18446744073709551615G") },
	{ "less than nothing", "kdf-time=-1", { 0 }, IGNORED("kdf-time=-1") },
	{ "a value where none belongs", "reencryption=no", { 0 }, IGNORED("reencryption=no") },
	{ "unknown, and the rest counts", "more kdf-time=5", { .kdf_time = 5 }, IGNORED("more") },
};

static uint64_t or_default(uint64_t expected, uint64_t otherwise)
{
	return expected > 0 ? expected : otherwise;
}

static void parses(void **state)
{
	const struct limits_row *row = *state;
	const struct luks_limits *otherwise = &luks_limits_default;
	struct luks_limits limits;
	struct vec warnings = { 0 };

	assert_int_equal(luks_limits_parse(row->text, &limits, &warnings), 0);
	expect_sentence(&warnings, row->warning);
	vec_done(&warnings, free);
	assert_int_equal(limits.kdf_memory_kib,
			 or_default(row->expected.kdf_memory_kib, otherwise->kdf_memory_kib));
	assert_int_equal(limits.kdf_time, or_default(row->expected.kdf_time, otherwise->kdf_time));
	assert_int_equal(limits.kdf_iterations,
			 or_default(row->expected.kdf_iterations, otherwise->kdf_iterations));
	assert_int_equal(limits.allows_reencryption, row->expected.allows_reencryption);
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	return test_list_run(&list);
}
