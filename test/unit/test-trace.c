/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "init/trace.h"
#include "support.h"

static uint64_t now_usec;

static uint64_t fake_now(void)
{
	return now_usec;
}

/* The trace belongs to the process and this test runs first: nothing happened yet. */
static void test_empty(void **state)
{
	_cleanup_free_ char *json = trace_to_json();

	assert_string_equal(json, "{\"clock\": \"CLOCK_BOOTTIME\", \"events\": [\n]}\n");
}

static void test_events(void **state)
{
	_cleanup_free_ char *json = NULL;
	char name[] = "vda";

	now_usec = 1500000;
	trace_event("start", NULL);
	now_usec = 1500020;
	trace_span("probe", name, 1500001, 0);
	/* The name is copied. */
	name[0] = 'x';
	now_usec = UINT64_MAX;
	trace_span("module", "", UINT64_MAX, -ENODEV);
	trace_event("a \"quoted\\phase\"", "\x01\b\t\n\x1f \x7f/\xc3\xa4");

	json = trace_to_json();
	assert_string_equal(
		json,
		"{\"clock\": \"CLOCK_BOOTTIME\", \"events\": [\n"
		"{\"usec\": 1500000, \"phase\": \"start\"},\n"
		"{\"usec\": 1500020, \"phase\": \"probe\", \"name\": \"vda\", \"took_usec\": 19, "
		"\"result\": 0},\n"
		"{\"usec\": 18446744073709551615, \"phase\": \"module\", \"name\": \"\", "
		"\"took_usec\": 0, \"result\": -19},\n"
		"{\"usec\": 18446744073709551615, \"phase\": \"a \\\"quoted\\\\phase\\\"\", "
		"\"name\": \"\\u0001\\u0008\\u0009\\u000a\\u001f \x7f/\xc3\xa4\"}\n"
		"]}\n");
}

/* A device that changes without end does not use up the memory, and the end is still told. */
static void test_bounded(void **state)
{
	_cleanup_free_ char *json = NULL;

	for (unsigned int i = 0; i < 100000; i++)
		trace_span("probe", "vda", now_usec, 0);
	trace_event("switch", NULL);
	json = trace_to_json();
	assert_in_range(strlen(json), 0, 1 << 20);
	assert_non_null(strstr(json, "\"phase\": \"start\""));
	assert_non_null(strstr(json, "\"phase\": \"switch\"}\n]}\n"));
}

int main(void)
{
	struct test_list list = { 0 };

	clock_set_source(fake_now);
	TEST(&list, test_empty);
	TEST(&list, test_events);
	TEST(&list, test_bounded);
	return test_list_run(&list);
}
