/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/luks-limits.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "config/warnings.h"

#define SEPARATORS ", \t\r\n"

/*
 * Twice and ten times what cryptsetup makes of a second or two on the fastest machines of today:
 * 4 GiB is all the memory that it lets anybody ask for, and where little memory was given, its
 * benchmark makes up for that with hundreds of passes. What costs too much in spite of these ends
 * with the deadline that /init keeps.
 */
const struct luks_limits luks_limits_default = {
	.kdf_memory_kib = 4 << 20,
	.kdf_time = 1000,
	.kdf_iterations = 100000000,
};

/* "4G": in KiB. */
static int parse_memory(const char *text, uint64_t *ret_kib)
{
	static const char units[] = "KMG";
	size_t size = strlen(text);
	const char *unit = size > 0 ? strchr(units, text[size - 1]) : NULL;
	_cleanup_free_ char *digits = unit ? strndup(text, size - 1) : NULL;
	uint64_t kib;
	int r;

	if (!unit)
		return -EINVAL;
	if (!digits)
		return -ENOMEM;
	r = str_parse_uint64(digits, &kib);
	if (r < 0)
		return r;
	return __builtin_mul_overflow(kib, 1ULL << (10 * (unit - units)), ret_kib) ? -ERANGE : 0;
}

static int set_limit(struct luks_limits *limits, const char *word)
{
	const char *value;

	if (str_equal(word, "reencryption")) {
		limits->allows_reencryption = true;
		return 0;
	}
	value = str_after_prefix(word, "kdf-memory=");
	if (value)
		return parse_memory(value, &limits->kdf_memory_kib);
	value = str_after_prefix(word, "kdf-time=");
	if (value)
		return str_parse_uint64(value, &limits->kdf_time);
	value = str_after_prefix(word, "kdf-iterations=");
	return value ? str_parse_uint64(value, &limits->kdf_iterations) : -EINVAL;
}

int luks_limits_parse(const char *text, struct luks_limits *ret_limits, struct vec *warnings)
{
	*ret_limits = luks_limits_default;
	for (text += strspn(text, SEPARATORS); *text; text += strspn(text, SEPARATORS)) {
		size_t size = strcspn(text, SEPARATORS);
		_cleanup_free_ char *word = strndup(text, size);
		struct luks_limits changed = *ret_limits;
		int r = word ? set_limit(&changed, word) : -ENOMEM;

		if (r >= 0)
			*ret_limits = changed;
		else if (r != -ENOMEM)
			r = warnings_add(warnings, "'%s' is no limit for LUKS headers, ignoring it",
					 word);
		if (r < 0)
			return r;
		text += size;
	}
	return 0;
}
