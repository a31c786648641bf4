/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unlock/json-shape.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "unlock/header-rules.h"

/* json-c's parser goes no deeper than 32, and a name of the header may be as long as it likes. */
#define PATH_SIZE 256

struct walk {
	struct json_object *document;
	struct header_verdict *verdict;
	char path[PATH_SIZE];
};

/* Where a member is, from here to the matching leave(). */
static size_t enter(char *path, const char *name)
{
	size_t size = strlen(path);

	(void)snprintf(path + size, PATH_SIZE - size, "%s%s", size > 0 ? "." : "", name);
	return size;
}

static void leave(char *path, size_t size)
{
	path[size] = '\0';
}

static int check_member(struct walk *walk, struct json_object *value,
			const struct json_member *member);

static int refuse_type(struct walk *walk, const char *expected)
{
	return header_refuse(walk->verdict, walk->path, "is not %s", expected);
}

static bool is_word(const char *const *words, const char *string)
{
	for (; words && *words; words++)
		if (str_equal(*words, string))
			return true;
	return false;
}

static const struct json_member *find_member(const struct json_variant *variant, const char *name)
{
	for (size_t i = 0; i < variant->n_members; i++)
		if (str_equal(variant->members[i].name, name))
			return &variant->members[i];
	return NULL;
}

/* A string without a NUL in its middle, where C would see its end. */
static const char *take_string(struct json_object *value)
{
	const char *string;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	string = json_object_get_string(value);
	return strlen(string) == (size_t)json_object_get_string_len(value) ? string : NULL;
}

/* Each one that is there is known. */
static int check_names(struct walk *walk, struct json_object *object,
		       const struct json_variant *variant)
{
	json_object_object_foreach(object, name, value)
	{
		const struct json_member *member = find_member(variant, name);
		size_t size = enter(walk->path, name);
		int r = 0;

		if (member)
			r = check_member(walk, value, member);
		else if (!variant->is_open && !(variant->type && str_equal(name, "type")))
			r = header_refuse(walk->verdict, walk->path, "is not known");
		if (r < 0)
			return r;
		leave(walk->path, size);
	}
	return 0;
}

/* Each one that must be there is. */
static int check_presence(struct walk *walk, struct json_object *object,
			  const struct json_variant *variant)
{
	for (size_t i = 0; i < variant->n_members; i++) {
		const struct json_member *member = &variant->members[i];

		if (member->is_optional || json_object_object_get_ex(object, member->name, NULL))
			continue;
		(void)enter(walk->path, member->name);
		return header_refuse(walk->verdict, walk->path, "is missing");
	}
	return 0;
}

static int check_as_variant(struct walk *walk, struct json_object *object,
			    const struct json_variant *variant)
{
	int r = check_names(walk, object, variant);

	return r < 0 ? r : check_presence(walk, object, variant);
}

static int check_object(struct walk *walk, struct json_object *object,
			const struct json_variant *variants)
{
	const char *type;

	if (!json_object_is_type(object, json_type_object))
		return refuse_type(walk, "an object");
	if (!variants->type)
		return check_as_variant(walk, object, variants);
	type = take_string(json_member(object, "type"));
	for (; type && *type && variants->members; variants++)
		if (!*variants->type || str_equal(variants->type, type))
			return check_as_variant(walk, object, variants);
	(void)enter(walk->path, "type");
	if (!json_member(object, "type"))
		return header_refuse(walk->verdict, walk->path, "is missing");
	if (!type)
		return refuse_type(walk, "a string");
	return header_refuse(walk->verdict, walk->path, "is \"%s\", which is not known", type);
}

/* The digits of a number as printf() writes them. */
static bool is_canonical(const char *string, int64_t max)
{
	uint64_t number;

	return str_parse_uint64(string, &number) >= 0 && number <= (uint64_t)max &&
	       (string[0] != '0' || !string[1]);
}

static int check_numbered(struct walk *walk, struct json_object *object,
			  const struct json_member *member)
{
	if (!json_object_is_type(object, json_type_object))
		return refuse_type(walk, "an object");
	json_object_object_foreach(object, name, value)
	{
		size_t size = enter(walk->path, name);
		int r;

		if (!is_canonical(name, member->max))
			return header_refuse(walk->verdict, walk->path,
					     "has no number from 0 to %" PRId64, member->max);
		r = check_object(walk, value, member->variants);
		if (r < 0)
			return r;
		leave(walk->path, size);
	}
	return 0;
}

static int check_array(struct walk *walk, struct json_object *array,
		       const struct json_member *member)
{
	size_t n;

	if (!json_object_is_type(array, json_type_array))
		return refuse_type(walk, "an array");
	n = json_object_array_length(array);
	for (size_t i = 0; i < n; i++) {
		const char *string = take_string(json_object_array_get_idx(array, i));
		char number[32];
		size_t size;

		(void)snprintf(number, sizeof(number), "%zu", i);
		size = enter(walk->path, number);
		if (!string)
			return refuse_type(walk, "a string");
		if (member->of && !json_member(json_member(walk->document, member->of), string))
			return header_refuse(walk->verdict, walk->path,
					     "is \"%s\", and there is none in %s", string,
					     member->of);
		leave(walk->path, size);
	}
	return 0;
}

static int check_number(struct walk *walk, struct json_object *value,
			const struct json_member *member)
{
	int64_t number;

	if (!json_object_is_type(value, json_type_int))
		return refuse_type(walk, "a whole number");
	number = json_object_get_int64(value);
	if (number >= member->min && number <= member->max)
		return 0;
	return header_refuse(walk->verdict, walk->path,
			     "is %" PRId64 ", not %" PRId64 " to %" PRId64, number, member->min,
			     member->max);
}

/* How many bytes it stands for, or -1 if it is none. */
static int64_t base64_size(const char *string)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	size_t n = strspn(string, alphabet), n_pads = strspn(string + n, "=");

	if (string[n + n_pads] || (n + n_pads) % 4 != 0 || n_pads > 2)
		return -1;
	return (int64_t)(n * 3 / 4);
}

static int check_base64(struct walk *walk, const char *string, const struct json_member *member)
{
	int64_t size = base64_size(string);

	if (size < 0)
		return refuse_type(walk, "in base64");
	if (size >= member->min && size <= member->max)
		return 0;
	return header_refuse(walk->verdict, walk->path,
			     "has %" PRId64 " bytes, not %" PRId64 " to %" PRId64, size,
			     member->min, member->max);
}

static int check_string(struct walk *walk, struct json_object *value,
			const struct json_member *member)
{
	const char *string = take_string(value), *complaint;
	uint64_t number;

	if (!string || !*string)
		return refuse_type(walk, "a string that says something");
	switch (member->kind) {
	case JSON_KIND_WORD:
		if (is_word(member->words, string))
			return 0;
		return header_refuse(walk->verdict, walk->path, "is \"%s\", which is not known",
				     string);
	case JSON_KIND_DECIMAL:
		if (is_word(member->words, string) || str_parse_uint64(string, &number) >= 0)
			return 0;
		return header_refuse(walk->verdict, walk->path, "is \"%s\", no number", string);
	case JSON_KIND_CHECKED:
		complaint = member->complain(string);
		return complaint ? header_refuse(walk->verdict, walk->path, "is \"%s\", %s", string,
						 complaint)
				 : 0;
	case JSON_KIND_BASE64:
		return check_base64(walk, string, member);
	case JSON_KIND_TEXT:
	case JSON_KIND_NUMBER:
	case JSON_KIND_TEXTS:
	case JSON_KIND_REFERENCES:
	case JSON_KIND_OBJECT:
	case JSON_KIND_NUMBERED:
		break;
	}
	return 0;
}

static int check_member(struct walk *walk, struct json_object *value,
			const struct json_member *member)
{
	switch (member->kind) {
	case JSON_KIND_NUMBER:
		return check_number(walk, value, member);
	case JSON_KIND_TEXTS:
	case JSON_KIND_REFERENCES:
		return check_array(walk, value, member);
	case JSON_KIND_OBJECT:
		return check_object(walk, value, member->variants);
	case JSON_KIND_NUMBERED:
		return check_numbered(walk, value, member);
	case JSON_KIND_WORD:
	case JSON_KIND_TEXT:
	case JSON_KIND_DECIMAL:
	case JSON_KIND_BASE64:
	case JSON_KIND_CHECKED:
		break;
	}
	return check_string(walk, value, member);
}

int json_shape_check(struct json_object *document, const struct json_variant *variant,
		     struct header_verdict *verdict)
{
	struct walk walk = { .document = document, .verdict = verdict };

	return check_object(&walk, document, variant);
}

/* What @second lacks of @first, or has otherwise; whether there is anything, and then where. */
static bool find_difference(struct json_object *first, struct json_object *second, char *path)
{
	if (!json_object_is_type(first, json_type_object) ||
	    !json_object_is_type(second, json_type_object))
		return !json_object_equal(first, second);
	json_object_object_foreach(first, name, value)
	{
		size_t size = enter(path, name);

		if (find_difference(value, json_member(second, name), path))
			return true;
		leave(path, size);
	}
	return false;
}

bool json_find_difference(struct json_object *first, struct json_object *second, char *buf,
			  size_t size)
{
	char path[PATH_SIZE] = "";
	bool is_different;

	is_different = find_difference(first, second, path);
	if (!is_different)
		is_different = find_difference(second, first, path);
	(void)snprintf(buf, size, "%s", path);
	return is_different;
}

struct json_object *json_member(struct json_object *object, const char *name)
{
	struct json_object *value;

	return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

const char *json_text(struct json_object *object, const char *name)
{
	return json_object_get_string(json_member(object, name));
}

uint64_t json_decimal(struct json_object *object, const char *name)
{
	const char *text = json_text(object, name);
	uint64_t number;

	return text && str_parse_uint64(text, &number) >= 0 ? number : 0;
}

uint64_t json_number(struct json_object *object, const char *name)
{
	return (uint64_t)json_object_get_int64(json_member(object, name));
}
