/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As little of JSON as the variable needs: one object whose members are strings, numbers and words.
 * No string that counts here has anything in it that would be escaped, so what is escaped stays so.
 *
 * The variable also names the kernel and the distribution that hibernated. A kernel that is another
 * now does no harm: that of the image takes its place. Whether it can is for the kernel to say.
 */
#include "config/hibernate-location.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"

#define BLANKS      " \t\r\n"
#define UUID_DIGITS 32

struct token {
	const char *text;
	size_t size;
};

/* Whether @text goes on with that character, which is passed over with the blanks around it. */
static bool take_mark(const char **text, char mark)
{
	*text += strspn(*text, BLANKS);
	if (**text != mark)
		return false;
	(*text)++;
	*text += strspn(*text, BLANKS);
	return true;
}

static bool take_string(const char **text, struct token *ret_token)
{
	const char *start = *text + 1, *end = start;

	if (**text != '"')
		return false;
	while (*end && *end != '"')
		end += *end == '\\' && end[1] ? 2 : 1;
	if (!*end)
		return false;
	*ret_token = (struct token){ start, (size_t)(end - start) };
	*text = end + 1;
	return true;
}

/* A string without its quotes, a number or a word. */
static bool take_value(const char **text, struct token *ret_token)
{
	size_t size = strspn(*text, "+-.0123456789abcdefghijklmnopqrstuvwxyzE");

	if (**text == '"')
		return take_string(text, ret_token);
	*ret_token = (struct token){ *text, size };
	*text += size;
	return size > 0;
}

/* A UUID with dashes or without, in the form that devices have theirs. */
static int parse_uuid(const struct token *token, struct device_spec *ret_device)
{
	char uuid[UUID_DIGITS + sizeof("----")];
	unsigned int n_digits = 0;
	size_t size = 0;

	for (size_t i = 0; i < token->size; i++) {
		if (token->text[i] == '-')
			continue;
		if (!isxdigit((unsigned char)token->text[i]) || n_digits == UUID_DIGITS)
			return -EINVAL;
		if (n_digits == 8 || n_digits == 12 || n_digits == 16 || n_digits == 20)
			uuid[size++] = '-';
		uuid[size++] = token->text[i];
		n_digits++;
	}
	if (n_digits < UUID_DIGITS)
		return -EINVAL;
	uuid[size] = '\0';
	return device_spec_make(DEVICE_SPEC_UUID, uuid, ret_device);
}

static int parse_offset(const struct token *token, uint64_t *ret_offset)
{
	_cleanup_free_ char *copy = strndup(token->text, token->size);

	if (!copy)
		return -ENOMEM;
	return str_parse_uint64(copy, ret_offset) < 0 ? -EINVAL : 0;
}

/* Finds the two members that count; the last of each, as with most readers of JSON. */
static int find_members(const char *text, struct token *ret_uuid, struct token *ret_offset)
{
	struct token key, value;

	if (!take_mark(&text, '{'))
		return -EINVAL;
	do {
		if (!take_string(&text, &key) || !take_mark(&text, ':') ||
		    !take_value(&text, &value))
			return -EINVAL;
		if (str_item_is(key.text, key.size, "uuid"))
			*ret_uuid = value;
		else if (str_item_is(key.text, key.size, "offset"))
			*ret_offset = value;
	} while (take_mark(&text, ','));
	return take_mark(&text, '}') && !*text ? 0 : -EINVAL;
}

int hibernate_location_parse(const char *text, struct device_spec *ret_device,
			     uint64_t *ret_offset_pages)
{
	struct token uuid = { "", 0 }, offset = { "", 0 };
	uint64_t offset_pages;
	int r = find_members(text, &uuid, &offset);

	if (r >= 0)
		r = parse_offset(&offset, &offset_pages);
	if (r >= 0)
		r = parse_uuid(&uuid, ret_device);
	if (r >= 0)
		*ret_offset_pages = offset_pages;
	return r;
}
