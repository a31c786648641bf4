/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/device-spec.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/macro.h"
#include "base/str.h"

static const struct {
	enum device_spec_kind kind;
	const char *tag;
	const char *directory;
} tags[] = {
	{ DEVICE_SPEC_UUID, "UUID=", "/dev/disk/by-uuid/" },
	{ DEVICE_SPEC_LABEL, "LABEL=", "/dev/disk/by-label/" },
	{ DEVICE_SPEC_PARTUUID, "PARTUUID=", "/dev/disk/by-partuuid/" },
	{ DEVICE_SPEC_PARTLABEL, "PARTLABEL=", "/dev/disk/by-partlabel/" },
};

static int hex_digit(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* Decodes the \xNN of udev's link names in place. */
static void unescape_hex(char *string)
{
	char *to = string;

	for (const char *from = string; *from; to++) {
		if (from[0] == '\\' && from[1] == 'x' && isxdigit((unsigned char)from[2]) &&
		    isxdigit((unsigned char)from[3])) {
			*to = (char)(hex_digit(from[2]) * 16 + hex_digit(from[3]));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* Finds kind and value; @ret_escaped tells whether the value is a file name of udev's. */
static int classify(const char *text, enum device_spec_kind *ret_kind, const char **ret_value,
		    bool *ret_escaped)
{
	const char *value;

	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		bool escaped = false;

		value = str_after_prefix(text, tags[i].tag);
		if (!value) {
			value = str_after_prefix(text, tags[i].directory);
			escaped = true;
		}
		if (!value)
			continue;
		*ret_kind = tags[i].kind;
		*ret_value = value;
		*ret_escaped = escaped;
		return *value ? 0 : -EINVAL;
	}

	*ret_escaped = false;
	if (str_after_prefix(text, "/dev/disk/"))
		return -EOPNOTSUPP;
	value = str_after_prefix(text, "/dev/mapper/");
	*ret_kind = DEVICE_SPEC_MAPPER;
	if (!value) {
		value = str_after_prefix(text, "/dev/");
		*ret_kind = DEVICE_SPEC_NODE;
	}
	*ret_value = value;
	return value && *value ? 0 : -EINVAL;
}

/* Removes one pair of quotes, as in UUID="…" from fstab or blkid output. */
static void unquote(char *value)
{
	size_t size = strlen(value);

	if (size >= 2 && (value[0] == '"' || value[0] == '\'') && value[size - 1] == value[0]) {
		memmove(value, value + 1, size - 2);
		value[size - 2] = '\0';
	}
}

int device_spec_parse(const char *text, struct device_spec *ret_spec)
{
	_cleanup_free_ char *copy = NULL, *value = NULL, *plain = NULL;
	enum device_spec_kind kind;
	const char *raw_value;
	bool escaped;
	int r;

	copy = strdup(text);
	plain = strdup(text);
	if (!copy || !plain)
		return -ENOMEM;
	unquote(plain);
	r = classify(plain, &kind, &raw_value, &escaped);
	if (r < 0)
		return r;
	value = strdup(raw_value);
	if (!value)
		return -ENOMEM;
	if (escaped)
		unescape_hex(value);
	else
		unquote(value);
	if (!*value)
		return -EINVAL;
	*ret_spec = (struct device_spec){
		.kind = kind,
		.value = TAKE_PTR(value),
		.text = TAKE_PTR(copy),
	};
	return 0;
}

void device_spec_done(struct device_spec *spec)
{
	free(spec->value);
	free(spec->text);
	*spec = (struct device_spec){ 0 };
}
