/* SPDX-License-Identifier: GPL-2.0-or-later */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/macro.h"

static inline bool str_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* What follows @prefix in @string, or NULL if @string does not begin with it. */
static inline const char *str_after_prefix(const char *string, const char *prefix)
{
	size_t size = strlen(prefix);

	return strncmp(string, prefix, size) == 0 ? string + size : NULL;
}

bool str_has_suffix(const char *string, const char *suffix);

/* The part after the last slash, within @path. */
const char *str_basename(const char *path);

/* Makes each NUL of @size bytes the end of a line. Whether there was any. */
bool str_replace_nuls(char *bytes, size_t size);

/* As sprintf(3), into memory that the caller frees; NULL if there is none. */
char *str_format(const char *format, ...) _printf_(1, 2);

/*
 * Puts a copy of @value, or NULL, in the place of the string *@field, which is freed. 0; or
 * -ENOMEM, and then it is as it was.
 */
int str_assign(char **field, const char *value);

/*
 * The next item of the comma-separated list *@list, which moves on behind it; its length in
 * @ret_size, as it is not terminated. NULL at the end of the list.
 */
const char *str_next_item(const char **list, size_t *ret_size);

/* Whether the @size bytes at @item, none of which is NUL, are @word. */
static inline bool str_item_is(const char *item, size_t size, const char *word)
{
	return strncmp(item, word, size) == 0 && !word[size];
}

/* Whether @word is an item of the comma-separated @list. */
bool str_list_has(const char *list, const char *word);

/* Whole-string decimal: no sign, space or trailing text. 0, -EINVAL or -ERANGE. */
int str_parse_uint64(const char *string, uint64_t *ret_value);

/* As str_parse_uint64, with a minus sign allowed, for values that fit an int. */
int str_parse_int(const char *string, int *ret_value);

/* 1 yes y true t on / 0 no n false f off, in any case, as systemd's parse_boolean(). Or -EINVAL. */
int str_parse_bool(const char *string);
