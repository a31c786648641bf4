/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/time-span.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "base/macro.h"
#include "base/str.h"

#define MINUTE (60 * USEC_PER_SEC)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

static const struct {
	const char *name;
	uint64_t usec;
} units[] = {
	{ "", USEC_PER_SEC },
	{ "us", 1 },
	{ "usec", 1 },
	{ "ms", USEC_PER_SEC / 1000 },
	{ "msec", USEC_PER_SEC / 1000 },
	{ "s", USEC_PER_SEC },
	{ "sec", USEC_PER_SEC },
	{ "second", USEC_PER_SEC },
	{ "seconds", USEC_PER_SEC },
	{ "m", MINUTE },
	{ "min", MINUTE },
	{ "minute", MINUTE },
	{ "minutes", MINUTE },
	{ "h", HOUR },
	{ "hr", HOUR },
	{ "hour", HOUR },
	{ "hours", HOUR },
	{ "d", DAY },
	{ "day", DAY },
	{ "days", DAY },
	{ "w", 7 * DAY },
	{ "week", 7 * DAY },
	{ "weeks", 7 * DAY },
};

/* The unit at *@text, which moves on behind it; 0 if there is none of that name. */
static uint64_t take_unit(const char **text)
{
	size_t size = 0;

	*text += strspn(*text, " ");
	while (isalpha((unsigned char)(*text)[size]))
		size++;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (str_item_is(*text, size, units[i].name)) {
			*text += size;
			return units[i].usec;
		}
	}
	return 0;
}

/* The digits at *@text, which moves on behind them. */
static int take_number(const char **text, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!isdigit((unsigned char)**text))
		return -EINVAL;
	for (; isdigit((unsigned char)**text); (*text)++)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(**text - '0'), &number))
			return -ERANGE;
	*ret_number = number;
	return 0;
}

/* What the digits behind a point are of @unit_usec, cut off below a microsecond. */
static uint64_t take_fraction(const char **text, uint64_t unit_usec)
{
	uint64_t usec = 0, place = unit_usec;

	for (; isdigit((unsigned char)**text); (*text)++) {
		usec += place * (uint64_t)(**text - '0') / 10;
		place /= 10;
	}
	return usec;
}

/* "1.5h" */
static int take_part(const char **text, uint64_t *ret_usec)
{
	const char *fraction = NULL;
	uint64_t number, unit_usec, usec;
	int r = take_number(text, &number);

	if (r < 0)
		return r;
	if (**text == '.') {
		fraction = ++*text;
		*text += strspn(*text, "0123456789");
	}
	unit_usec = take_unit(text);
	if (unit_usec == 0)
		return -EINVAL;
	if (__builtin_mul_overflow(number, unit_usec, &usec) ||
	    (fraction && __builtin_add_overflow(usec, take_fraction(&fraction, unit_usec), &usec)))
		return -ERANGE;
	*ret_usec = usec;
	return 0;
}

int time_span_parse(const char *text, uint64_t *ret_usec)
{
	uint64_t total_usec = 0;

	if (str_equal(text, "infinity")) {
		*ret_usec = USEC_INFINITY;
		return 0;
	}
	do {
		uint64_t usec;
		int r = take_part(&text, &usec);

		if (r < 0)
			return r;
		if (__builtin_add_overflow(total_usec, usec, &total_usec) ||
		    total_usec == USEC_INFINITY)
			return -ERANGE;
		text += strspn(text, " ");
	} while (*text);
	*ret_usec = total_usec;
	return 0;
}

int time_span_parse_timeout(const char *text, uint64_t *ret_usec)
{
	int r = time_span_parse(text, ret_usec);

	if (r >= 0 && *ret_usec == 0)
		*ret_usec = USEC_INFINITY;
	return r;
}
