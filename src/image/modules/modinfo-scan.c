/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where .modinfo is stands in the table of sections, which is the last thing in a module, while
 * .modinfo itself is mostly within its first eighth. So whoever unpacks a module to learn what it
 * says of itself can save most of the work by knowing that text when it comes.
 *
 * It cannot be missed: modpost, or .module-common.o since Linux 6.14, gives each module the string
 * "vermagic=", and all strings of a module are one section, in which there is nothing but strings
 * "key=value" (include/linux/moduleinfo.h) and what aligns them.
 */
#include "image/modules/modinfo-scan.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"

#define LANDMARK      "\0vermagic="
#define LANDMARK_SIZE (sizeof(LANDMARK) - 1)

/* Compilers align arrays to at most 32 bytes, or 64 for some processors. */
#define PADDING_MAX 63

#define KEY_MAX 64 /* any symbol of C may be one, but those in use are shorter than 20 */

static bool is_key_character(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Whether "key=" is at @at: 1, 0, or -EAGAIN if that depends on what comes after @limit. */
static int is_pair(const char *at, const char *limit)
{
	const char *c = at;

	while (c < limit && c - at < KEY_MAX && is_key_character(*c))
		c++;
	if (c == limit)
		return -EAGAIN;
	return c > at && *c == '=';
}

/* Where a key stands in the string that matters to someone; NULL if none does. */
static const char *find_wanted_key(const char *string)
{
	static const char *const keys[] = { "firmware=", "softdep=", "weakdep=", "alias=" };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *found = strstr(string, keys[i]);

		if (found)
			return found;
	}
	return NULL;
}

/*
 * The first of the strings that lead up to the one at @at. What comes before .modinfo need not end
 * in a zero, and then seems to be a part of that string.
 */
static const char *find_begin(const char *data, const char *at)
{
	for (;;) {
		const char *end = at, *before, *zero, *key;

		while (end > data && end[-1] == '\0' && at - end <= PADDING_MAX)
			end--; /* the last string's own end, and padding */
		if (end == data || end[-1] == '\0')
			return at;
		zero = memrchr(data, '\0', (size_t)(end - data));
		before = zero ? zero + 1 : data;
		key = find_wanted_key(before);
		if (key && key > before && !memchr(before, '=', (size_t)(key - before)))
			return key;
		if (is_pair(before, end) <= 0)
			return key ? key : at;
		at = before;
	}
}

/* The end of the last string that follows the one at @at; NULL if more data may have some more. */
static const char *find_end(const char *at, const char *limit)
{
	for (;;) {
		const char *end = memchr(at, '\0', (size_t)(limit - at));
		int r;

		if (!end)
			return NULL;
		at = ++end;
		while (at < limit && *at == '\0' && at - end < PADDING_MAX)
			at++;
		r = is_pair(at, limit);
		if (r <= 0)
			return r < 0 ? NULL : end;
	}
}

bool modinfo_scan(struct modinfo_scan *scan, const char *data, size_t size)
{
	const char *landmark =
		memmem(data + scan->searched, size - scan->searched, LANDMARK, LANDMARK_SIZE);

	if (!landmark) {
		scan->searched = size < LANDMARK_SIZE ? 0 : size - (LANDMARK_SIZE - 1);
		return false;
	}
	scan->searched = (size_t)(landmark - data);
	scan->found.end = find_end(landmark + 1, data + size);
	if (!scan->found.end)
		return false;
	scan->found.begin = find_begin(data, landmark + 1);
	return true;
}
