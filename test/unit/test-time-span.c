/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/time-span.h"

#include <errno.h>

#include "base/clock.h"
#include "support.h"

#define SEC USEC_PER_SEC

struct row {
	const char *text;
	int result;
	uint64_t usec;
};

static const struct row rows[] = {
	{ "0", 0, 0 },
	{ "90", 0, 90 * SEC },
	{ "90s", 0, 90 * SEC },
	{ "90 s", 0, 90 * SEC },
	{ "1sec", 0, SEC },
	{ "1second", 0, SEC },
	{ "2seconds", 0, 2 * SEC },
	{ "7us", 0, 7 },
	{ "7usec", 0, 7 },
	{ "7ms", 0, 7000 },
	{ "7msec", 0, 7000 },
	{ "2m", 0, 120 * SEC },
	{ "2min", 0, 120 * SEC },
	{ "2minute", 0, 120 * SEC },
	{ "2minutes", 0, 120 * SEC },
	{ "1h", 0, 3600 * SEC },
	{ "1hr", 0, 3600 * SEC },
	{ "1hour", 0, 3600 * SEC },
	{ "3hours", 0, 3 * 3600 * SEC },
	{ "1d", 0, 86400 * SEC },
	{ "1day", 0, 86400 * SEC },
	{ "2days", 0, 2 * 86400 * SEC },
	{ "1w", 0, 7 * 86400 * SEC },
	{ "1week", 0, 7 * 86400 * SEC },
	{ "2weeks", 0, 14 * 86400 * SEC },
	{ "1min30s", 0, 90 * SEC },
	{ "1min 30s", 0, 90 * SEC },
	{ "1min 30", 0, 90 * SEC },
	{ "1.5", 0, 1500000 },
	{ "1.5h", 0, 5400 * SEC },
	{ "0.25ms", 0, 250 },
	{ "1.", 0, SEC },
	{ "1.0000009", 0, SEC },
	{ "1.00000000000000000000000001s", 0, SEC },
	{ "infinity", 0, USEC_INFINITY },
	{ "18446744073709s", 0, 18446744073709 * SEC },
	{ "18446744073709551614us", 0, UINT64_MAX - 1 },

	{ "18446744073709551615us", -ERANGE, 0 },
	{ "18446744073709551616us", -ERANGE, 0 },
	{ "18446744073710s", -ERANGE, 0 },
	{ "18446744073709s 1s", -ERANGE, 0 },
	{ "", -EINVAL, 0 },
	{ " ", -EINVAL, 0 },
	{ " 1", -EINVAL, 0 },
	{ "-1", -EINVAL, 0 },
	{ "+1", -EINVAL, 0 },
	{ ".5", -EINVAL, 0 },
	{ "s", -EINVAL, 0 },
	{ "1x", -EINVAL, 0 },
	{ "1S", -EINVAL, 0 },
	{ "1secs", -EINVAL, 0 },
	{ "1s,", -EINVAL, 0 },
	{ "1,5", -EINVAL, 0 },
	{ "infinity ", -EINVAL, 0 },
	{ "1 infinity", -EINVAL, 0 },
	{ "0x10", -EINVAL, 0 },
	{ "1\t", -EINVAL, 0 },
};

static void parses(void **state)
{
	const struct row *row = *state;
	uint64_t usec = 4711;

	assert_int_equal(time_span_parse(row->text, &usec), row->result);
	assert_true(usec == (row->result < 0 ? 4711 : row->usec));
}

static const struct row timeout_rows[] = {
	{ "90", 0, 90 * SEC },        { "0", 0, USEC_INFINITY },
	{ "0min", 0, USEC_INFINITY }, { "infinity", 0, USEC_INFINITY },
	{ "never", -EINVAL, 0 },      { "", -EINVAL, 0 },
};

static void parses_timeout(void **state)
{
	const struct row *row = *state;
	uint64_t usec = 4711;

	assert_int_equal(time_span_parse_timeout(row->text, &usec), row->result);
	assert_true(usec == (row->result < 0 ? 4711 : row->usec));
}

int main(void)
{
	struct test_list list = { 0 };

	TEST_ROWS(&list, parses, rows);
	TEST_ROWS(&list, parses_timeout, timeout_rows);
	return test_list_run(&list);
}
